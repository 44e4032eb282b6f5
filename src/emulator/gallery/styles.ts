/**
 * The style sheet of all pages. The Content-Security-Policy contains its hash. In both color schemes, text has a contrast
 * of at least 4.5 and the edge of a control at least 3 (WCAG 2.2, 1.4.3 and 1.4.11).
 */
export const STYLES = `
:root {
  color-scheme: light dark;
  --ink: #16191f; --soft: #56606e; --line: #dfe3e8; --edge: #7d8794; --paper: #fff; --wash: #f5f7f9;
  --link: #0b5cab; --code: #f0f2f5; --pill: #e4e8ed; --warning: #9a3412; --shadow: rgb(22 25 31 / 8%);
  --blue: #0b4a8c; --blue-wash: #e8f0fa; --gray: #39424e; --gray-wash: #eceff3; --green: #17623a; --green-wash: #e3f4ea;
  --command: #e8edf3; --command-wash: #16202d; --command-edge: #16202d;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6eaf0; --soft: #9aa6b4; --line: #2c343e; --edge: #6f7b89; --paper: #171c23; --wash: #0f1318;
    --link: #79b8ff; --code: #262d37; --pill: #2a323c; --warning: #ffab70; --shadow: rgb(0 0 0 / 40%);
    --blue: #a8d1ff; --blue-wash: #17304d; --gray: #c6ced8; --gray-wash: #2a323c; --green: #85e0ae; --green-wash: #14372a;
    --command: #e6eaf0; --command-wash: #0b0f14; --command-edge: #2c343e;
  }
}
* { box-sizing: border-box }
html { scroll-behavior: smooth; scroll-padding-top: 64px }
body { margin: 0; background: var(--wash); color: var(--ink); font: 15px/1.6 var(--sans); overflow-wrap: anywhere }
a { color: var(--link); text-decoration: none }
a:hover, p a[href], .markdown a[href] { text-decoration: underline; text-underline-offset: .15em }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
main:focus { outline: none }
h1, h2, h3, h4, h5, h6 { line-height: 1.3; margin: 0 }
code, pre { font-family: var(--mono); font-size: .87em }
time { white-space: nowrap }
.inner { max-width: 1120px; margin: 0 auto; padding-inline: 24px }
.muted { color: var(--soft); font-size: .92em }
.none { padding: 12px 0 }
.unseen, .symbols { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
.skip { position: absolute; top: -60px; left: 16px; z-index: 2; padding: 8px 14px; border-radius: 0 0 8px 8px; background: var(--link); color: var(--paper) }
.skip:focus { top: 0 }

.bar { background: var(--paper); border-bottom: 1px solid var(--line) }
.bar .inner { display: flex; align-items: center; justify-content: space-between; gap: 16px; min-height: 56px }
.brand { display: flex; align-items: center; gap: 10px; color: var(--ink); font-weight: 600; white-space: nowrap }
.brand:hover { text-decoration: none }
.brand svg { display: block }
.registry { color: var(--soft) }
main { padding-block: 32px 48px }
footer { color: var(--soft); font-size: .86em; padding-block: 16px 32px }

.intro { margin-bottom: 24px }
.intro h1 { font-size: 26px }
.intro p { margin: 4px 0 0 }
.cards { list-style: none; margin: 0; padding: 0; display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)) }
.card { display: flex; gap: 16px; height: 100%; padding: 20px; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; color: inherit; transition: border-color .15s, box-shadow .15s }
.card:hover { text-decoration: none; border-color: var(--link); box-shadow: 0 2px 10px var(--shadow) }
.card-text { display: flex; flex-direction: column; gap: 6px; min-width: 0 }
.card strong { color: var(--link); font-size: 1.06em }
.card .description { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden }
.card .muted { margin-top: auto }
.card .undescribed { color: var(--soft) }
.empty { text-align: left }

.logo { flex: none; object-fit: contain; border-radius: 10px; background: #fff }
.logo.small { width: 48px; height: 48px }
.logo.large { width: 88px; height: 88px; border: 1px solid var(--line); border-radius: 14px; padding: 6px }
.logo.letter { display: grid; place-items: center; border: 0; padding: 0; background: linear-gradient(140deg, #1f6fbf, #0b4a8c); color: #fff; font-weight: 600; font-size: 22px }
.logo.large.letter { font-size: 38px }
.badges { list-style: none; display: flex; flex-wrap: wrap; gap: 6px; margin: 8px 0 0; padding: 0 }
.card .badges { margin: 0 }
.badge { display: inline-block; padding: 1px 10px; border-radius: 999px; font-size: .82em; line-height: 1.7; background: var(--blue-wash); color: var(--blue) }
.badge.os { background: var(--gray-wash); color: var(--gray) }
.badge.verified { background: var(--green-wash); color: var(--green); margin-left: 8px }

.head { display: flex; gap: 24px; align-items: flex-start }
.head > div { min-width: 0 }
.head h1 { font-size: 28px }
.head p { margin: 2px 0 0 }
.head .description { margin-top: 8px; font-size: 1.06em; max-width: 760px }
.tabs { display: flex; gap: 4px; margin: 28px 0 24px; border-bottom: 1px solid var(--line); position: sticky; top: 0; background: var(--wash); z-index: 1 }
.tabs a { padding: 10px 16px; color: var(--soft); font-weight: 600; border-bottom: 2px solid transparent; margin-bottom: -1px; white-space: nowrap }
.tabs a:hover { color: var(--link); border-bottom-color: var(--link); text-decoration: none }
.tabs a:focus-visible { outline-offset: -2px }
.count { display: inline-block; padding: 0 8px; border-radius: 999px; background: var(--pill); color: var(--ink); font-size: .84em; font-weight: 500 }

.columns { display: grid; grid-template-columns: minmax(0, 1fr) 340px; gap: 24px; align-items: start }
.texts { grid-column: 1; grid-row: 1 }
.texts > section, #tags, .empty, aside { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 24px 28px; margin-bottom: 24px }
h2.section { font-size: 20px; padding-bottom: 10px; border-bottom: 1px solid var(--line); margin-bottom: 16px }
aside { grid-column: 2; grid-row: 1; padding: 20px 24px }
aside h2 { font-size: 16px }
aside dl { margin: 0 }
aside dt { color: var(--soft); font-size: .86em; margin-top: 12px }
aside dd { margin: 0 }

.copy { display: none; flex: none; width: 28px; height: 28px; padding: 0; border: 1px solid transparent; border-radius: 6px; background: none; color: var(--soft); cursor: pointer }
.scripted .copy { display: inline-grid; place-items: center }
.copy:hover { color: var(--link); background: var(--code); border-color: var(--line) }
.copy svg { width: 16px; height: 16px; fill: none; stroke: currentColor; stroke-width: 1.4; stroke-linecap: round; stroke-linejoin: round }
.copyable { display: flex; align-items: center; gap: 4px }
aside .copyable { align-items: flex-start }
aside .copyable .copy { margin-top: -2px }
.command { display: flex; align-items: flex-start; gap: 8px; background: var(--command-wash); color: var(--command); border: 1px solid var(--command-edge); padding: 8px 8px 8px 14px; border-radius: 8px; margin: 8px 0 4px }
.command pre { flex: 1; min-width: 0; margin: 4px 0; white-space: pre-wrap; user-select: all }
.command .copy { color: inherit }
.command .copy:hover { background: #ffffff24; border-color: transparent }
.command .copy:focus-visible { outline-color: var(--command) }
#announcement { position: fixed; left: 50%; bottom: 24px; z-index: 3; margin: 0; width: max-content; max-width: calc(100% - 32px); translate: -50% 0; padding: 8px 16px; border-radius: 8px; background: var(--ink); color: var(--paper); box-shadow: 0 4px 16px var(--shadow) }
#announcement:empty { padding: 0; box-shadow: none }

.filter { display: none; flex-wrap: wrap; gap: 8px 24px; margin-bottom: 12px }
.scripted .filter { display: flex }
.field { display: flex; align-items: center; gap: 12px; max-width: 100% }
.filter label { font-weight: 600; font-size: .92em }
.filter :is(input, select) { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--edge); border-radius: 6px; padding: 5px 10px; min-height: 36px; max-width: 100% }
.filter input { width: 260px; min-width: 0 }
#tag-count { margin: 0 0 4px }
table.tags { width: 100%; border-collapse: collapse; font-size: .94em }
table.tags th { text-align: left; color: var(--soft); font-weight: 600; font-size: .9em }
table.tags :is(th, td) { padding: 6px 20px 6px 0; border-bottom: 1px solid var(--line); white-space: nowrap }
table.tags :is(th, td):last-child { padding-right: 0 }
table.tags tr:last-child td { border-bottom: 0 }
table.tags :is(.name, .kind) { white-space: normal }
table.tags .kind { min-width: 170px }
table.tags .number { text-align: right; padding-right: 28px }
code.tag { font-weight: 600 }
code.digest { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; width: 20ch; user-select: all }
.pages { display: flex; flex-wrap: wrap; justify-content: center; gap: 4px 20px; padding-top: 16px }

.markdown > :first-child { margin-top: 0 }
.markdown > :last-child { margin-bottom: 0 }
.markdown :is(h1, h2, h3, h4, h5, h6) { margin: 28px 0 12px }
.markdown h1 { font-size: 1.7em }
.markdown h2 { font-size: 1.35em }
.markdown h3 { font-size: 1.15em }
.markdown h4, .markdown h5, .markdown h6 { font-size: 1em }
.markdown :is(h1, h2) { padding-bottom: .3em; border-bottom: 1px solid var(--line) }
.markdown :is(p, ul, ol, dl, pre, table, blockquote, details) { margin: 0 0 14px }
.markdown :is(ul, ol) { padding-left: 1.8em }
.markdown li > :is(ul, ol) { margin: 0 }
.markdown :not(pre) > code, .markdown :is(kbd, tt, samp) { background: var(--code); padding: .15em .4em; border-radius: 5px }
.markdown kbd { border: 1px solid var(--line); font: .82em var(--mono) }
.markdown pre { background: var(--wash); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; overflow-x: auto; overflow-wrap: normal; line-height: 1.5 }
.markdown blockquote { border-left: 4px solid var(--line); color: var(--soft); padding: 0 16px }
.markdown table { display: block; width: max-content; max-width: 100%; overflow-x: auto; overflow-wrap: normal; border-collapse: collapse }
.markdown :is(th, td) { border: 1px solid var(--line); padding: 6px 12px }
.markdown :is(th, td) :is(code, kbd) { white-space: nowrap }
.markdown tr:nth-child(even) td { background: var(--wash) }
.markdown img { max-width: 100%; height: auto }
.markdown hr { border: 0; border-top: 2px solid var(--line); margin: 24px 0 }
.markdown summary { cursor: pointer }
.markdown pre code { font-size: inherit }
.markdown .task-list-item { list-style: none }
.markdown .task-list-item input { margin: 0 .4em 0 -1.5em; vertical-align: middle }
.markdown .sr-only { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
.markdown .footnotes { font-size: .9em; color: var(--soft); border-top: 1px solid var(--line); padding-top: 12px; margin-top: 24px }
.image-frame { display: inline-block; padding: 0 8px; border: 1px dashed var(--edge); border-radius: 5px; background: var(--wash); color: var(--soft); font-size: .84em }
.image-frame::before { content: "\\25A7\\00A0" }
.relative-link { border-bottom: 1px dashed currentColor; color: var(--warning); cursor: help }

@media (max-width: 860px) {
  .columns { grid-template-columns: minmax(0, 1fr); gap: 0 }
  .columns > * { grid-area: auto }
  table.tags, table.tags :is(tbody, td) { display: block }
  table.tags thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  table.tags tr { display: flex; flex-wrap: wrap; gap: 0 16px; padding: 8px 0; border-bottom: 1px solid var(--line) }
  table.tags tr:last-child { border-bottom: 0 }
  table.tags :is(td, .number) { min-width: 0; padding: 0; border: 0; color: var(--soft); text-align: left }
  table.tags .kind { min-width: 0 }
  table.tags td:is(.name, .of-digest) { flex: 1 0 100%; color: inherit }
  code.digest { width: auto; min-width: 0; flex: 0 1 auto }
  .copyable > code { margin-right: auto }
}
@media (max-width: 560px) {
  .inner { padding-inline: 16px }
  .head { flex-direction: column; gap: 12px }
  .head h1 { font-size: 23px }
  .cards { grid-template-columns: minmax(0, 1fr) }
  .texts > section, #tags, .empty, aside { padding: 18px 16px }
  .tabs { gap: 0 }
  .tabs a { padding: 10px 7px; font-size: 14px }
  .registry { display: none }
  .field, .filter :is(input, select) { width: 100% }
  .field label { flex: none; width: 8em }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto } .card { transition: none } }
`
