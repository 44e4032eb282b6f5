/** A table that is wider than a phone. */
const WIDE_TABLE = [
  '| first | second | third | fourth | fifth | sixth | seventh | eighth | ninth | tenth |',
  `|${'---|'.repeat(10)}`,
  '| one | two | three | four | five | six | seven | eight | nine | internationalization |'
].join('\n')

const OPTIONS_TABLE = [
  '| Option | Default | Meaning |',
  '|---|---|---|',
  '| `--registry-host` | `127.0.0.1:5111` | The host in responses, if the emulator runs in a container |',
  '| `--gallery-images` | `framed` | Whether images of other hosts are loaded |'
].join('\n')

/** A text with each kind of element that Markdown and GitHub's HTML have. */
export const RICH_README = `# Title

See [the documentation](https://example.com/docs), \`inline code\`, a [relative](docs/x.md) link and <kbd>Ctrl</kbd>.
![logo](https://example.com/x.png) [![build](https://example.com/badge.svg)](https://example.com/build)

## Tables

${WIDE_TABLE}

${OPTIONS_TABLE}

<table width="100%"><tr><th>Header</th><td width="1">fourth, seventeenth, internationalization</td></tr></table>

- In a list:

  ${WIDE_TABLE.replaceAll('\n', '\n  ')}

> In a quotation with a [link](https://example.com/quoted):
>
> ${WIDE_TABLE.replaceAll('\n', '\n> ')}

<details><summary>More</summary>

${WIDE_TABLE}

</details>

## Others

1. One
2. Two

- [x] done
- [ ] open

\`\`\`sh
docker run --rm -p 8080:8080 --env A_VERY_LONG_VARIABLE=value --volume /data:/data registry.example/team/app:1.4 serve --with many --arguments here
\`\`\`

A note[^1] and ${'unbroken'.repeat(40)}.

---

[^1]: The text of the note.
`
