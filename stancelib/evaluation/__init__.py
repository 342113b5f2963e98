"""The evaluation harness: a tagger beside labels, as metrics with intervals, comparisons, gates and reports."""
