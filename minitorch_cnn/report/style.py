"""The style sheet of a report: a phone and a desk, dark and light, screen and paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2126; --faint: #5a6570; --line: #d6dce1; --panel: #f4f6f8;
  --link: #0b5cad; --good: #00643f; --bad: #a83c00; --badge: #fff0d6; --badge-ink: #6b4300;
  --shade: #0004;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181c; --ink: #e4e8ec; --faint: #9fabb6; --line: #39424b; --panel: #1d2329;
    --link: #7db8f5; --good: #5fd3a5; --bad: #ff9d6b; --badge: #4a3713; --badge-ink: #ffd98a;
    --shade: #fff5;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
.page { max-width: 84rem; margin: 0 auto; padding: 1rem; }
header { border-bottom: 1px solid var(--line); margin-bottom: 1rem; padding-bottom: .5rem; }
h1 { font-size: clamp(1.5rem, 5vw, 2.2rem); line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.45rem; line-height: 1.3; margin: 2.5rem 0 .75rem; padding-top: .5rem;
     border-top: 1px solid var(--line); }
h3 { font-size: 1.15rem; line-height: 1.3; margin: 1.75rem 0 .5rem; }
h4 { font-size: 1rem; margin: 0 0 .25rem; }
.subtitle { color: var(--faint); margin: .25rem 0; }
p, ul { max-width: 46rem; margin: .75rem 0; }
ul { padding-left: 1.25rem; }
a { color: var(--link); }
a:focus-visible, .scroll:focus-visible, pre:focus-visible, summary:focus-visible,
.zoom:focus-visible + label { outline: 3px solid var(--link); outline-offset: 2px; }
code { font: .9em ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
       background: var(--panel); padding: .1em .3em; border-radius: .2rem; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: .4rem;
      padding: .75rem; overflow-x: auto; line-height: 1.4; }
pre code { background: none; padding: 0; overflow-wrap: normal; white-space: pre; }
nav { font-size: .95rem; }
nav details { background: var(--panel); border-radius: .4rem; padding: .5rem .75rem; }
nav summary { font-weight: 600; cursor: pointer; padding: .25rem 0; }
nav ol { margin: .25rem 0; padding-left: 1.3rem; }
nav ul { list-style: none; margin: 0; padding-left: .5rem; }
nav a { display: inline-block; vertical-align: top; padding: .2rem 0; line-height: 1.35;
        text-decoration: none; }
nav ol > li::marker { line-height: 1.8; }
nav a:hover { text-decoration: underline; }
main { min-width: 0; }
main > :first-child { margin-top: 1.5rem; border-top: 0; }
figure { margin: 1.5rem 0; min-width: 0; }
figcaption { color: var(--faint); font-size: .95rem; line-height: 1.45; max-width: 46rem; }
figcaption b { color: var(--ink); }
.table figcaption { margin-bottom: .5rem; }
.picture figcaption { margin-top: .4rem; }
.scroll { display: block; overflow-x: auto; max-width: 100%; }
.table .scroll {  /* a shadow on the side where there is more to see */
  background: linear-gradient(to right, var(--paper) 40%, transparent) 0 0 / 2.5rem 100% local,
    linear-gradient(to left, var(--paper) 40%, transparent) 100% 0 / 2.5rem 100% local,
    linear-gradient(to right, var(--shade), transparent) 0 0 / .9rem 100% scroll,
    linear-gradient(to left, var(--shade), transparent) 100% 0 / .9rem 100% scroll;
  background-repeat: no-repeat;
}
.picture .scroll { cursor: zoom-in; }
img { display: block; max-width: 100%; height: auto; background: #fff; border-radius: .3rem; }
.zoom { position: absolute; opacity: 0; width: 1px; height: 1px; margin: 0; }
.zoom:checked + .scroll { cursor: zoom-out; }
.zoom:checked + .scroll img { width: var(--full); max-width: none; }
@media (max-width: 40rem) {
  .wide::after { content: "tap to enlarge"; color: var(--faint); font-size: .85rem; }
  .zoom:checked + .wide::after { content: "tap to make it fit; drag to see the rest"; }
  .zoom:checked + .scroll img { width: var(--shown); }
}
@media (prefers-color-scheme: dark) { .picture img { padding: .3rem; } }
table { border-collapse: collapse; font-size: .95rem; line-height: 1.4; overflow-wrap: normal; }
th, td { padding: .35rem .7rem; text-align: left; vertical-align: top; max-width: 26rem; }
thead th { border-bottom: 2px solid var(--line); vertical-align: bottom; }
tbody tr { border-bottom: 1px solid var(--line); }
tbody th { font-weight: 500; }
tbody th, tbody td { white-space: nowrap; }
tbody .words { min-width: 11rem; white-space: normal; }
tbody .words:last-child { min-width: 15rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.open { color: var(--faint); }
.badge { background: var(--badge); color: var(--badge-ink); border-radius: .25rem;
         padding: .05rem .4rem; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.note { border-left: .25rem solid var(--badge-ink); background: var(--badge);
        color: var(--badge-ink); padding: .25rem 1rem; margin: 1rem 0; border-radius: .3rem; }
.question { border-left: .25rem solid var(--link); background: var(--panel);
            padding: .6rem 1rem .2rem; margin: 1rem 0; border-radius: .3rem; }
.question h2, .question h3, .question h4 { font-size: 1.02rem; margin: 0; padding: 0; border: 0; }
.question p { margin: .4rem 0; }
footer { color: var(--faint); font-size: .9rem; border-top: 1px solid var(--line);
         margin-top: 3rem; padding: .5rem 0; }
@media (min-width: 64rem) {
  .page { display: grid; grid-template-columns: 15rem minmax(0, 1fr); column-gap: 2.5rem;
          padding: 1rem 2rem; }
  header, footer { grid-column: 1 / -1; }
  main > :first-child { margin-top: 0; }
  nav { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem);
        overflow-y: auto; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --faint: #333; --line: #aaa;
          --panel: #f4f4f4; --link: #000; --good: #00643f; --bad: #a83c00; --badge: #eee;
          --badge-ink: #000; }
  body { font-size: 10pt; }
  .page { display: block; max-width: none; padding: 0; }
  nav { position: static; max-height: none; overflow: visible; }
  h2, h3, h4 { break-after: avoid; }
  .picture, .question, .note, tr { break-inside: avoid; }
  .scroll, pre { overflow: visible; }
  .table .scroll { background: none; }
  .wide::after { content: none; }
  pre code { white-space: pre-wrap; }
  .zoom:checked + .scroll img { width: auto; max-width: 100%; }
  table { font-size: 8.5pt; }
  th, td { padding: .2rem .35rem; }
  tbody th, tbody td { white-space: normal; }
}
"""
