"""The words of English newswire after which a full stop may not end a sentence, and those that begin one."""

from __future__ import annotations


def words_of(text: str) -> frozenset[str]:
    """Return the words of a list written as text."""
    return frozenset(text.split())


TITLES = words_of(
    """
    Mr Mrs Ms Mx Messrs Mme Mlle Dr Prof Rev Fr Msgr Hon Pres Amb Gov Govs Rep Reps Sen Sens Sec Asst Atty
    Dep Dist Min Gen Gens Lt Lts Col Cols Cmdr Cmdt Cdr Capt Maj Sgt Sgts Cpl Pvt Pfc Spc Brig Adm Adms Ens Supt
    Insp Det Const Ofc Comdr Wm Geo Chas St Sts Ste Mt Mts Ft Pte Gp Sq Wg Flt Mons Sra Srta
    """
)
"""Titles, ranks and the like: a name follows."""

NEVER_LAST = words_of("vs v e.g i.e eg ie cf viz approx incl esp aka a.k.a ca resp")
"""Something always follows."""

BEFORE_NUMBERS = words_of(
    """
    No Nos no nos Art Arts art Sec sec Ch ch Vol vol pp p para paras Para Res res Fig fig Sect Pt pt Op op est Est
    Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun ext Ext tel Tel c
    """
)
"""They end no sentence when a number follows, and are ordinary words otherwise."""

MAY_BE_LAST = words_of(
    """
    Inc Corp Co Cos Ltd LLC Plc PLC plc Bros Assn Dept Univ Inst Intl Natl Govt Gov't Int'l Nat'l Jr Sr Esq Ph.D PhD
    al Ave Blvd Rd Dr Hwy Pkwy Pl Bldg Bn Div Regt Rgt Coy Sqn
    Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky La Md Mass Mich Minn Miss Mo Mont Neb Nev Okla Ore Pa Tenn
    Tex Vt Va Wash Wis Wyo Ont Que Alta
    """
)
"""They end a sentence only when the next word looks like the start of one."""

TIMES = words_of("a.m p.m A.M P.M am pm m")

AFTER_TIMES = words_of(
    """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August
    September October November December Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec
    Eastern Central Mountain Pacific Moscow Kyiv Beijing Greenwich Israel Local Standard
    ET EST EDT CT CST CDT MT MST MDT PT PST PDT GMT UTC BST CET CEST EET EEST MSK IST JST KST AEST AEDT
    """
)
"""What goes on after "5 a.m."."""

PRONOUN_STARTERS = words_of(
    "The They But However Meanwhile This These Those His Their He She It We In On At And After When While There"
)
"""Starters that may be told from a surname after a title ("Gen. He Weidong") by the word after them."""

STARTERS = PRONOUN_STARTERS | words_of(
    """
    A An That Its Her Our My Your You I By For From With Without Before During Since Under Over Despite Although Though
    Where Who What Why How Whether If Unless Until As Or So Yet Nor Moreover Also Additionally Both Some Many Most
    Several Few All Each Every Any Not Now Then Here Earlier Later Last Next Today Yesterday Tomorrow Tonight Still
    Instead Indeed Nevertheless Nonetheless Furthermore Therefore Thus Hence According Once Only Even Because Between
    Among Against Through Throughout Two Three Four Five Six Seven Eight Nine Ten Other Others Another Such To Let Is
    Are Was Were Do Does Did Can Could Would Should Have Has Had Thousands Hundreds Dozens Millions Speaking Asked
    Nearly About Around More Just Ahead Following Elsewhere Separately Neither Either Nobody Nothing Everyone Everybody
    People Critics Analysts Experts Witnesses Residents Officials Authorities Opponents Supporters Protesters Rebels
    Diplomats Troops Soldiers Lawmakers Reporters Journalists Investigators Rescuers Activists Observers Negotiators
    Recently Previously Currently Amid Inside Outside Behind Beyond Across Along Within Whatever Whoever Whenever
    Perhaps Maybe Certainly Clearly Again Already Always Never Often Sometimes Soon Afterwards Afterward Besides
    Similarly Likewise Finally First Second Third Initially Eventually Overall Relations Tensions Talks Negotiations
    Fighting Clashes
    """
)
"""Capitalised words that begin sentences and are seldom part of a name."""

LINKING_WORDS = words_of(
    """
    a an the of in on at by for from with to into and or nor but as than that which who whose whom is are was were be
    been has have had will would can could may might must shall should its his her their our my your this these those
    between among against under over after before during since until while when where if because not no more
    President Minister Premier Chancellor Secretary Ambassador General Colonel Senator King Queen Prince
    """
)
"""A line that ends in one of these goes on in the next."""
