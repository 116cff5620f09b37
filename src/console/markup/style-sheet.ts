/** Two networks that meet. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
  <g fill="none" stroke="#2f7bd0" stroke-width="2"><circle cx="5.5" cy="8" r="4"/><circle cx="10.5" cy="8" r="4"/></g>
</svg>
`;

/** How pages look: the browser's own fonts and colours, light or dark as the reader's system is. */
export const styleSheet = `
:root { color-scheme: light dark; --line: light-dark(#c8ccd0, #444a50); --soft: light-dark(#f3f5f7, #1d2125);
  --accent: light-dark(#0b57a4, #8ec5ff); --bad: light-dark(#a01818, #ff9d9d); --good: light-dark(#17663a, #7fd8a4);
  --text: light-dark(#16191c, #e8eaed); --ground: light-dark(#ffffff, #121416); --faint: light-dark(#5a6168, #a4abb2) }
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground) }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; padding: .75rem 1rem;
  border-bottom: 1px solid var(--line); background: var(--soft) }
header nav { flex: 1 }
header ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0; padding: 0 }
header form { display: flex; gap: .75rem; align-items: center }
.who { color: var(--faint) }
main { max-width: 72rem; margin: 0 auto; padding: 1rem }
footer { max-width: 72rem; margin: 0 auto; padding: 1rem; color: var(--faint) }
h1, h2, td, dd, li, caption { unicode-bidi: isolate }
h1 { font-size: 1.5rem; margin: .5rem 0 1rem; overflow-wrap: anywhere }
h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem }
p { overflow-wrap: anywhere }
a { color: var(--accent) }
a[aria-current] { font-weight: 600; text-decoration: none }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, textarea:focus-visible, summary:focus-visible {
  outline: 3px solid var(--accent); outline-offset: 2px }
ul.ways { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; list-style: none; margin: 1rem 0; padding: 0 }
form.fields { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: end; margin-bottom: 1rem }
form.fields label { flex: 1 1 12rem; max-width: 20rem }
label { display: block; margin: .5rem 0 }
label input, label select, label textarea { display: block; width: 100%; max-width: 40rem; margin-top: .25rem }
input, select, textarea, button { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--faint);
  border-radius: .25rem; padding: .4rem .6rem; min-height: 2.25rem }
button { background: var(--soft); cursor: pointer }
.narrow { max-width: 24rem }
.fault, .bad { color: var(--bad) }
.good { color: var(--good) }
.faint { color: var(--faint) }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: 600; padding: .25rem 0 }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line) }
td { overflow-wrap: anywhere; min-width: 3.75rem; max-width: 20rem }
ul { margin: 0; padding-left: 1.25rem }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .25rem 1rem; margin: 0 }
.field { display: contents }
dt { color: var(--faint) }
dd { margin: 0; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .75rem; background: var(--soft); border: 1px solid var(--line); border-radius: .25rem }
p, li, legend { overflow-wrap: anywhere }
fieldset { min-width: 0; border: 1px solid var(--line); border-radius: .25rem; margin: .75rem 0; max-width: 40rem }
label.tick input { display: inline-block; width: 1.5rem; height: 1.5rem; min-height: 0; margin: 0; vertical-align: middle }
.picture svg { display: block; max-width: 100%; height: auto }
.picture.wide { overflow-x: auto }
.picture.wide svg { max-width: none }
.picture .dropped { color: var(--faint) }
.picture text { fill: currentColor; font-size: 10.5px }
.picture .node path, .picture .edge path, .picture .edge polygon { stroke: currentColor }
.picture .edge polygon { fill: currentColor }
.picture a text { fill: var(--accent); text-decoration: underline }
.matrix { overflow-x: auto }
.matrix td, .matrix th { padding: .2rem .4rem; white-space: nowrap }
.matrix thead th + th { writing-mode: vertical-rl }
.skip { position: absolute; left: -100rem }
.skip:focus { position: static }
@media (max-width: 40rem) {
  dl { grid-template-columns: 1fr }
  dd { margin-bottom: .5rem }
  thead { position: absolute; left: -100rem }
  tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line) }
  td { display: block; min-width: 0; max-width: none; border: 0; padding: .1rem 0 }
  .matrix th { display: block; border: 0 }
  td::before { content: attr(data-name) ' '; color: var(--faint) }
  td:empty { display: none }
}
@media print { header, footer, .skip, form { display: none } main { max-width: none; padding: 0 } }
`;
