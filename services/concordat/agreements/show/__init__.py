"""An agreement as people read it: what it shares, in plain words, as text, Markdown and HTML."""
