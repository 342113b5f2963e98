"""The state that bare institutions belong to: "the army", "government troops", "the Defense Ministry"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from stancelib.antecedents import Names
from stancelib.attribution_words import load_attribution_words
from stancelib.cast import Index
from stancelib.types import Document, Mention

_PLACE_ENDS = re.compile(r"[,(–—/]|\s-")


@dataclass(frozen=True)
class Homes:
    """Looks for the state at home in a document, when it is asked for.

    Attributes:
        document: The document.
        mentions: Its mentions.
        index: Knows the actors.
    """

    document: Document
    mentions: Sequence[Mention]
    index: Index

    @cached_property
    def dateline(self) -> Names:
        """The first mention of the state whose capital the dateline names; empty if the text never names it."""
        for region in self.document.regions:
            if region.kind == "dateline":
                place = _PLACE_ENDS.split(self.document.text[region.start : region.end], maxsplit=1)[0]
                found = self.index.find(Document("", f"{place.title()} said.", self.document.date))
                if len(found) == 1 and self.index.actor(found[0].actor).kind in _states():
                    return self._first_of(found[0].actor)
        return ()

    @cached_property
    def war(self) -> Names:
        """The first mention of the one state or government that the conflict is fought over; empty if there are two."""
        conflict, on = self.index.conflict, self.document.date
        if conflict is None:
            return ()
        owners = [actor for actor in conflict.principals(on) if self._owns_state(actor)]
        if len(owners) > 1:
            owners = [actor for actor in owners if self.index.actor(actor).kind == "state" or self._stands_for(actor)]
        return self._first_of(owners[0]) if len(owners) == 1 else ()

    @property
    def army(self) -> Names:
        """The state whose "the army" is: of two states at war it may be either's, wherever the story comes from."""
        rivals = self.index.conflict.principals(self.document.date) if self.index.conflict else ()
        return self.war or tuple(name for name in self.dateline if name.actor not in rivals)

    def _owns_state(self, actor: str) -> bool:
        return self.index.actor(actor).kind in ("state", "government") or self._stands_for(actor)

    def _stands_for(self, actor: str) -> bool:
        local = self.index.conflict.actor(actor) if self.index.conflict else None
        on = self.document.date
        return local is not None and any(on is None or term.holds(on) for term in local.stands_for)

    def _first_of(self, actor: str) -> Names:
        return tuple(mention for mention in self.mentions if mention.actor == actor and mention.via == "name")[:1]


def _states() -> frozenset[str]:
    return load_attribution_words().kinds["state"]
