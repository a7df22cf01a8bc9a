"""A session as one web page that anybody can read and print, with nothing loaded from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from ser_desktop.core.lanes import Lanes
from ser_desktop.core.session import Session
from ser_desktop.core.summary import Summary, summarise
from ser_desktop.gui import messages as common
from ser_desktop.gui import theme
from ser_desktop.gui.plots.timeline_export import timeline_png
from ser_desktop.gui.sessions import messages

_NOT_SURE_COLOUR = "#C9C8C2"
_LAYER_COLOUR = "#5C6166"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; background: #FAFAF8; color: #1B1D1F;
  font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }}
main {{ max-width: 960px; margin: 0 auto; padding: 32px 24px 48px; }}
h1 {{ font-size: 28px; margin: 0 0 4px; }}
h2 {{ font-size: 18px; margin: 32px 0 8px; }}
p {{ margin: 8px 0; }}
.muted {{ color: #5C6166; }}
.large {{ font-size: 20px; }}
.card {{ background: #FFF; border: 1px solid #E3E2DD; border-radius: 8px; padding: 16px 20px; }}
.share {{ display: grid; grid-template-columns: 120px 1fr 64px; gap: 12px; align-items: center; margin: 6px 0; }}
.track {{ background: #EFEEEA; border-radius: 4px; height: 18px; }}
.bar {{ height: 18px; border-radius: 4px; }}
.percent {{ text-align: right; font-variant-numeric: tabular-nums; }}
img {{ width: 100%; height: auto; display: block; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid #E3E2DD; }}
td {{ font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }}
@media print {{ body {{ background: #FFF; }} main {{ padding: 0; }} .card {{ break-inside: avoid; }}
  .bar, .track {{ print-color-adjust: exact; -webkit-print-color-adjust: exact; }} }}
</style>
</head>
<body><main>
{body}
</main></body>
</html>
"""


def as_html(session: Session) -> str:
    """Return the report; may be called in any thread."""
    summary = summarise(session)
    heading = messages.report_heading(session.started_at)
    parts = [
        f"<h1>{escape(heading)}</h1>",
        f'<p class="muted">{escape(messages.report_facts(session.source, summary.duration_s, summary.n_answers))}</p>',
        f'<p class="large">{_text(messages.report_summary(summary))}</p>',
    ]
    if session.note:
        parts.append(f"<p>{escape(session.note)}</p>")
    parts += [
        f"<h2>{messages.REPORT_SHARES}</h2>",
        f'<div class="card">{_shares(summary)}</div>',
        f'<p class="muted">{messages.REPORT_SHARES_TEXT}</p>',
        f"<h2>{common.TIMELINE_TITLE}</h2>",
        f'<div class="card">{_picture(session, summary)}</div>',
        f'<p class="muted">{escape(messages.report_timeline(summary.gaps_s))}</p>',
    ]
    if session.model_info is not None and session.model_info.layer_weights:
        parts += [
            f"<h2>{common.LAYERS_TITLE}</h2>",
            f'<div class="card">{_layers(session.model_info.layer_weights)}</div>',
            f'<p class="muted">{messages.report_layers(len(session.model_info.layer_weights))}</p>',
        ]
    if session.markers:
        parts += [f"<h2>{messages.REPORT_MARKERS}</h2>", f'<div class="card">{_markers(session)}</div>']
    parts += [
        f"<h2>{messages.REPORT_MODEL}</h2>",
        f"<p>{_text(messages.report_model(session.model, session.model_info))}</p>",
        f"<h2>{messages.REPORT_LIMITS}</h2>",
        *(f"<p>{escape(text)}</p>" for text in messages.REPORT_LIMITS_TEXTS),
    ]
    return _PAGE.format(title=escape(heading), body="\n".join(parts))


def _text(sentence: str) -> str:
    """Escape a sentence; no line breaks between a number and its unit."""
    return escape(sentence).replace(" %", "&nbsp;%")


def _shares(summary: Summary) -> str:
    rows = [(label, share, theme.look_of(label, i).colour) for i, (label, share) in enumerate(summary.shares.items())]
    rows.append((messages.NOT_SURE, summary.not_sure, _NOT_SURE_COLOUR))
    return "\n".join(_bar(label, share, colour) for label, share, colour in rows)


def _layers(weights: Sequence[float]) -> str:
    """Draw the largest share as wide as there is room; the figures tell the rest."""
    return "\n".join(
        _bar(messages.report_layer(i), share, _LAYER_COLOUR, share / max(weights)) for i, share in enumerate(weights)
    )


def _bar(label: str, share: float, colour: str, width: float | None = None) -> str:
    return (
        f'<div class="share"><span>{escape(label)}</span><div class="track"><div class="bar" '
        f'style="width:{100 * (share if width is None else width):.1f}%;background:{colour}"></div></div>'
        f'<span class="percent">{100 * share:.0f}&nbsp;%</span></div>'
    )


def _picture(session: Session, summary: Summary) -> str:
    data = b64encode(timeline_png(session)).decode()
    return f'<img alt="{escape(messages.report_summary(summary))}" src="data:image/png;base64,{data}">'


def _markers(session: Session) -> str:
    lanes = Lanes(len(session.labels))
    lanes.extend(session.history)
    rows = []
    for marker in session.markers:
        index, clock = lanes.at(marker.at_s), session.clock(marker.at_s)
        heard = messages.heard(session.history[index]) if index is not None else ""
        cells = (messages.time(marker.at_s), f"{clock:%H:%M:%S}" if clock else "", heard, marker.note)
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{name}</th>" for name in messages.REPORT_COLUMNS)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
