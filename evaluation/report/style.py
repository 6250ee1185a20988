"""The report's one style sheet: light and dark, on a screen and on paper."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

# By scheme: paper, ink, what stands back, a panel, lines, and the colours of right, wrong and of a warning. A test
# holds each that carries text at a contrast of 4.5 or more (WCAG 2.2, 1.4.3).
LIGHT = {
    "paper": "#ffffff",
    "panel": "#f5f6f8",
    "rule": "#d5d9e0",
    "ink": "#1a1d23",
    "quiet": "#565d69",
    "accent": "#1f5fae",
    "right": "#2f74c0",
    "wrong": "#c4571a",
    "warn": "#a8321a",
    "good": "#1d6b3a",
}
DARK = {
    "paper": "#14171c",
    "panel": "#1d2128",
    "rule": "#39404b",
    "ink": "#e8ebf0",
    "quiet": "#a5adba",
    "accent": "#83b6f5",
    "right": "#4a8fdc",
    "wrong": "#c9682f",
    "warn": "#ff9d80",
    "good": "#7fd19b",
}

_RULES = """
*{box-sizing:border-box}
html{scroll-behavior:auto}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main,header,footer{max-width:1180px;margin:0 auto;padding:0 24px}
header{padding-top:32px}
h1{font-size:27px;line-height:1.2;margin:0 0 4px}
h2{font-size:20px;margin:44px 0 6px;padding-top:12px;border-top:1px solid var(--rule)}
h3{font-size:15px;margin:22px 0 6px}
p{margin:6px 0;max-width:76ch}
a{color:var(--accent)}
.quiet{color:var(--quiet)}
.warn{color:var(--warn);font-weight:600}
.good{color:var(--good);font-weight:600}
.caveat{border-left:4px solid var(--warn);background:var(--panel);padding:8px 14px;margin:14px 0;max-width:none}
nav ul{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;padding:0;margin:14px 0 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0 0;padding:0}
.tiles>div{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:12px 14px}
.tiles dt{color:var(--quiet);font-size:13px}
.tiles dd{margin:0}
.tiles .big{font-size:25px;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums}
.tiles .small{font-size:13px;color:var(--quiet)}
.pair{display:grid;grid-template-columns:minmax(0,1fr);gap:16px 32px;align-items:start}
@media (min-width:900px){.pair{grid-template-columns:minmax(0,max-content) minmax(300px,1fr)}}
.wide{overflow-x:auto;max-width:100%}
.wide:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--quiet);padding:4px 0;font-size:13px}
th,td{padding:4px 12px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
thead th{color:var(--quiet);font-weight:600;white-space:nowrap;vertical-align:bottom}
tbody th{font-weight:500;overflow-wrap:break-word;max-width:34ch}
.n{text-align:right;white-space:nowrap}
td .quiet{font-size:12.5px}
code{font:12.5px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
details{margin:12px 0}
summary{cursor:pointer;color:var(--accent)}
blockquote{margin:4px 0 10px;padding:4px 12px}
blockquote{border-left:3px solid var(--rule);white-space:pre-wrap;overflow-wrap:anywhere}
footer{margin-top:48px;padding-bottom:40px;color:var(--quiet);font-size:13px}
svg.plot{max-width:100%;height:auto;display:block;font:12px system-ui,sans-serif}
/* A matrix shrunk to a telephone's width could not be read: it scrolls. */
.wide svg.plot{max-width:none}
svg text{fill:var(--ink)}
svg .tick{fill:var(--quiet)}
svg .axis{fill:var(--ink)}
svg .middle{text-anchor:middle}
svg .end{text-anchor:end}
svg .grid{stroke:var(--rule);stroke-width:1}
svg .baseline{stroke:var(--quiet);stroke-width:1}
svg .ideal{stroke:var(--quiet);stroke-width:1.5;stroke-dasharray:5 4}
svg .whisker{stroke:var(--accent);stroke-width:2}
svg .curve{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}
svg .under{fill:var(--accent);fill-opacity:.12}
svg .mark{fill:var(--accent);stroke:var(--paper);stroke-width:1.5}
svg .whisker.low{stroke:var(--warn)}
svg .inside{fill:var(--paper);font-size:11px}
svg .whisker.aside{stroke:var(--quiet)}
svg .mark.aside{fill:var(--quiet)}
svg .mark.low{fill:var(--warn)}
svg .bar{fill:var(--accent)}
svg .empty{fill:var(--panel)}
svg .cell.right{fill:var(--right)}
svg .cell.wrong{fill:var(--wrong)}
@media print{nav{display:none}h2{break-after:avoid}svg,table{break-inside:avoid}}
"""


def _variables(colours: dict[str, str]) -> str:
    return ":root{" + "".join(f"--{name}:{value};" for name, value in colours.items()) + "}"


STYLE = (
    ":root{color-scheme:light dark}"
    + _variables(LIGHT)
    + "@media (prefers-color-scheme:dark){"
    + _variables(DARK)
    + "}"
    + _RULES
)

# Nothing but this very style sheet: no script, no image, no font, no request, no form.
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'"
)
