/** The style sheet of all pages. The Content-Security-Policy contains its hash. */
export const STYLES = `
:root {
  --ink: #16191f; --soft: #56606e; --line: #dfe3e8; --paper: #fff; --wash: #f5f7f9;
  --link: #0b5cab; --accent: #0b5cab; --code: #f0f2f5;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box }
html { scroll-behavior: smooth }
body { margin: 0; background: var(--wash); color: var(--ink); font: 15px/1.6 var(--sans); overflow-wrap: break-word }
a { color: var(--link); text-decoration: none }
a:hover { text-decoration: underline }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
h1, h2, h3, h4, h5, h6 { line-height: 1.3; margin: 0 }
code, pre { font-family: var(--mono); font-size: .87em }
.inner { max-width: 1120px; margin: 0 auto; padding: 0 24px }
.muted { color: var(--soft); font-size: .92em }
.none { padding: 12px 0 }
.bar { background: var(--paper); border-bottom: 1px solid var(--line) }
.bar .inner { display: flex; align-items: center; justify-content: space-between; gap: 16px; min-height: 56px }
.brand { display: flex; align-items: center; gap: 10px; color: var(--ink); font-weight: 600; white-space: nowrap }
.brand:hover { text-decoration: none }
.brand svg { display: block }
.registry { color: var(--soft) }
main { padding-top: 32px !important; padding-bottom: 48px !important }
footer { color: var(--soft); font-size: .86em; padding-top: 16px !important; padding-bottom: 32px !important }
.intro { margin-bottom: 24px }
.intro h1 { font-size: 26px }
.intro p { margin: 4px 0 0 }
.cards { list-style: none; margin: 0; padding: 0; display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)) }
.card { display: flex; gap: 16px; height: 100%; padding: 20px; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; color: inherit; transition: border-color .15s, box-shadow .15s }
.card:hover { text-decoration: none; border-color: var(--accent); box-shadow: 0 2px 10px rgb(22 25 31 / 8%) }
.card-text { display: flex; flex-direction: column; gap: 6px; min-width: 0 }
.card strong { color: var(--link); font-size: 1.06em }
.card .description { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden }
.card .muted { margin-top: auto }
.card .undescribed { color: var(--soft) }
time { white-space: nowrap }
.logo { flex: none; object-fit: contain; border-radius: 10px; background: var(--paper) }
.logo.small { width: 48px; height: 48px }
.logo.large { width: 88px; height: 88px; border: 1px solid var(--line); border-radius: 14px; padding: 6px }
.logo.letter { display: grid; place-items: center; border: 0; padding: 0; background: linear-gradient(140deg, #2a7fd4, #0b4a8c); color: #fff; font-weight: 600; font-size: 22px }
.logo.large.letter { font-size: 38px }
.badges { list-style: none; display: flex; flex-wrap: wrap; gap: 6px; margin: 8px 0 0; padding: 0 }
.card .badges { margin: 0 }
.badge { display: inline-block; padding: 1px 10px; border-radius: 999px; font-size: .82em; line-height: 1.7; background: #e8f0fa; color: #0b4a8c }
.badge.os { background: #eceff3; color: #39424e }
.badge.verified { background: #e3f4ea; color: #17623a; margin-left: 8px }
.head { display: flex; gap: 24px; align-items: flex-start }
.head > div { min-width: 0 }
.head h1 { font-size: 28px }
.head p { margin: 2px 0 0 }
.head .description { margin-top: 8px; font-size: 1.06em; max-width: 760px }
.tabs { display: flex; gap: 4px; margin: 28px 0 24px; border-bottom: 1px solid var(--line); position: sticky; top: 0; background: var(--wash); z-index: 1 }
.tabs a { padding: 10px 16px; color: var(--soft); font-weight: 600; border-bottom: 2px solid transparent; margin-bottom: -1px }
.tabs a:hover { color: var(--accent); border-bottom-color: var(--accent); text-decoration: none }
.count { display: inline-block; padding: 0 8px; border-radius: 999px; background: #e4e8ed; font-size: .84em; font-weight: 500 }
section, .markdown [id] { scroll-margin-top: 60px }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 340px; gap: 24px; align-items: start }
.texts > section, #tags, .empty { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 24px 28px; margin-bottom: 24px }
h2.section { font-size: 20px; padding-bottom: 10px; border-bottom: 1px solid var(--line); margin-bottom: 16px }
aside { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; margin-bottom: 24px }
aside h2 { font-size: 16px }
aside dl { margin: 0 }
aside dt { color: var(--soft); font-size: .86em; margin-top: 12px }
aside dd { margin: 0 }
.command { background: #16202d; color: #e8edf3; padding: 12px 14px; border-radius: 8px; margin: 8px 0 4px; white-space: pre-wrap; user-select: all }
.scroll { overflow-x: auto }
table.tags { width: 100%; border-collapse: collapse; font-size: .94em }
table.tags th { text-align: left; color: var(--soft); font-weight: 600; font-size: .9em }
table.tags th, table.tags td { padding: 9px 16px 9px 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap }
table.tags td:first-child { white-space: normal; min-width: 120px }
table.tags tr:last-child td { border-bottom: 0 }
table.tags .number { text-align: right; padding-right: 28px }
code.tag { font-weight: 600 }
.pages { display: flex; justify-content: center; gap: 20px; padding-top: 16px }
.empty { text-align: left }
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
.markdown table { display: block; width: max-content; max-width: 100%; overflow-x: auto; border-collapse: collapse }
.markdown :is(th, td) { border: 1px solid var(--line); padding: 6px 12px }
.markdown tr:nth-child(even) td { background: var(--wash) }
.markdown img { max-width: 100%; height: auto }
.markdown hr { border: 0; border-top: 2px solid var(--line); margin: 24px 0 }
.markdown summary { cursor: pointer }
.markdown pre code { font-size: inherit }
.markdown .task-list-item { list-style: none }
.markdown .task-list-item input { margin: 0 .4em 0 -1.5em; vertical-align: middle }
.markdown .sr-only { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
.markdown .footnotes { font-size: .9em; color: var(--soft); border-top: 1px solid var(--line); padding-top: 12px; margin-top: 24px }
.image-frame { display: inline-block; padding: 0 8px; border: 1px dashed #b4bdc8; border-radius: 5px; background: var(--wash); color: var(--soft); font-size: .84em }
.image-frame::before { content: "\\25A7\\00A0" }
.relative-link { border-bottom: 1px dashed #c2410c; color: #9a3412; cursor: help }
@media (max-width: 860px) {
  .columns { grid-template-columns: minmax(0, 1fr) }
  .columns aside { order: -1; margin-bottom: 0 }
}
@media (max-width: 560px) {
  .inner { padding: 0 16px }
  .head { flex-direction: column; gap: 12px }
  .head h1 { font-size: 23px }
  .cards { grid-template-columns: minmax(0, 1fr) }
  .texts > section, #tags, .empty { padding: 18px 16px }
  .tabs a { padding: 10px 10px }
  .registry { display: none }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto } .card { transition: none } }
`
