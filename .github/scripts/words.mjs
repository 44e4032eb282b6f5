// Checks the English of the project: prose, action.yml, workflow files, and the comments, strings and identifiers of
// the sources. `npm run words [PATH…]` lists each phrase with what to write instead.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '..', '..')

/** Phrases that no text of the project uses, and what to write instead. */
export const PHRASES = [
  [
    /\b(?:is|are|was|were) no\b(?! (?:longer|more than|later than))/i,
    'is not a, does not exist, cannot'
  ],
  [/\b(?:has|have|had) (?:no|none)\b(?! longer)/i, 'does not have'],
  [/\bnothing that\b/i, 'not … anything, or name the thing'],
  [/\b(?:nobody|no one|somebody|anybody|whoever|whatever)\b/i, 'name who or what it is'],
  [/\b(?:that of|those of|those which)\b/i, 'repeat the noun'],
  [
    /\b(?:one|\d+) an? (?:line|second|minute|hour|day|week|run|page|job|step|repository|image|tag|layer)\b/i,
    'per'
  ],
  [
    /\b(?:file|row|table|job|calls?|reads?|name|item|object) a (?:line|second|minute|run|page|job|step|repository|image|tag|layer|mode|change|platform)\b/i,
    'per'
  ],
  [
    /(?<!\b(?:directory|directories|file|files|host|line|path|place|page|point|position|section|step|URL|offset|column|character|byte|commit) )\bwhere\b(?! (?:not expected|to|it is stored|it is)\b)/i,
    'if or when; where is for places'
  ],
  [/\b(?:goes|stay|stays|stayed|staying)\b/i, 'is deleted, is kept, remains'],
  [/\b(?:tell|tells|told|say|says|said)\b/i, 'report, log, return'],
  [/\b(?:want|wants|wanted|wish|wishes|wished)\b/i, 'request, require'],
  [/\b(?:believe|believes|believed)\b/i, 'trust, accept'],
  [/\b(?:stand|stands|stood)\b(?!-)/i, 'is, apply'],
  [/\b(?:looks?|looked|looking) at\b/i, 'read, check'],
  [/\b(?:gives|gave|knows|knew)\b/i, 'return, provide, have'],
  [/\b(?:leave|leaves|left) (?:\w+ ){0,3}alone\b/i, 'do not change'],
  [/\bbrakes?\b/i, 'deletion limit'],
  [/\bcompanions?\b/i, 'referrer tag, cosign tag, referrers'],
  [/(?<!<)\bcircles?\b/i, 'cycle'],
  [/\bwaves?\b/i, 'phase'],
  [/\b(?:judg(?:e|es|ed|ing|e?ments?)|verdicts?|doomed)\b/i, 'evaluate, decision, to be deleted'],
  [/\bsurveys?\b/i, 'reference analysis'],
  [/\bhabits?\b/i, 'observed service behavior'],
  [/\bstrangers?\b/i, 'unknown inputs'],
  [/\bfate\b/i, 'outcome'],
  [/\bplain (?:layers?|tar|one|image layers?)\b|\bpacked\b/i, 'uncompressed, compressed'],
  [/\bparts? of an image\b/i, 'platform images'],
  [/\bexchanges?\b/i, 'request'],
  [/\bpatien(?:ce|t|tly)\b/i, 'retry options'],
  [/\bauth files?\b/i, 'credential file'],
  [/\bfolders?\b/i, 'directory'],
  [/\bholes?\b/i, 'vulnerability, gap'],
  [/\bway out\b/i, 'how to fix it'],
  [/\brehears(?:e|es|ed|al|als|ing)\b/i, 'test, dry-run against the emulator'],
  [/\b(?:house|room|road)\b/i, 'no metaphors'],
  [/\bheed(?:s|ed)?\b/i, 'check, observe'],
  [/ – | — /, 'a full stop, a colon or a comma']
]

/** Words that no identifier and no file name contains. */
export const IDENTIFIER_WORDS =
  /brake|companion|circle(?!d)|doomed|verdict|judg|survey|habit|stranger|wish|\bfate|Fate|patien(?:ce|t)|folder|auth-?file|wayOut/i

/** Files that are not prose of this project, or that quote the phrases. */
const EXCLUDED =
  /^(?:dist\/|package-lock\.json|LICENSE|__tests__\/fixtures\/|\.github\/scripts\/words\.mjs|__tests__\/product\/words\.test\.ts)/

const PROSE = /\.(?:md|ya?ml)$|^\.ci\/run$|^\.env\.example$|^package\.json$|devcontainer\.json$/
const SOURCE = /\.(?:ts|mjs|js)$/

/** The findings of one file, each with its line number. */
export function checkText(path, text) {
  if (PROSE.test(path)) return checkProse(text)
  if (SOURCE.test(path)) return checkSource(path, text)
  return []
}

function checkProse(text) {
  const lines = text.split('\n')
  let isCode = false
  return lines.flatMap((line, at) => {
    if (/^\s*(?:```|~~~)/.test(line)) isCode = !isCode
    // Code, addresses and generated identifiers are not prose.
    const prose = line.replace(/`[^`]*`/g, '`x`').replace(/\]\([^)]*\)|https?:\S+/g, '')
    return isCode && !line.includes('#') ? [] : findPhrases(prose, at + 1)
  })
}

function checkSource(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line + 1
  const findings = []
  const seenComments = new Set()
  const checkComments = (position) => {
    const ranges = [
      ...(ts.getLeadingCommentRanges(text, position) ?? []),
      ...(ts.getTrailingCommentRanges(text, position) ?? [])
    ]
    for (const { pos, end } of ranges) {
      if (seenComments.has(pos)) continue
      seenComments.add(pos)
      const comment = text
        .slice(pos, end)
        .replace(/`[^`\n]*`/g, '`x`')
        .replace(/https?:\S+/g, '')
      for (const [at, line] of comment.split('\n').entries()) {
        findings.push(...findPhrases(line, lineOf(pos) + at))
      }
    }
  }
  const visit = (node) => {
    checkComments(node.getFullStart())
    checkComments(node.getEnd())
    if (ts.isIdentifier(node) && IDENTIFIER_WORDS.test(node.text)) {
      findings.push({ line: lineOf(node.getStart()), found: node.text, instead: 'another name' })
    }
    if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node)
    ) {
      const isImport = ts.isImportDeclaration(node.parent)
      if (!isImport && node.text.trim().split(/\s+/).length > 2) {
        findings.push(
          ...findPhrases(node.text.replace(/`[^`\n]*`/g, '`x`'), lineOf(node.getStart()))
        )
      }
    }
    if (ts.isCallExpression(node) && node.expression.getText() === 'problem') {
      findings.push(...checkProblem(node, lineOf))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return findings
}

/** The parts of an error are full sentences, and the first one does not end with a full stop. */
function checkProblem(call, lineOf) {
  const [parts] = call.arguments
  if (parts === undefined || !ts.isObjectLiteralExpression(parts)) return []
  return parts.properties.flatMap((property) => {
    if (!ts.isPropertyAssignment(property)) return []
    const name = property.name.getText()
    const text = literalText(property.initializer)
    if (text === undefined) return []
    const isSentence = /^[A-Z"`\0]/.test(text) && /[.?]["`)]?$|\0$/.test(text)
    const isWhat = name === 'what' && /^[A-Z"`\0]/.test(text) && !text.endsWith('.')
    if (name === 'value' || isWhat || (name !== 'what' && isSentence)) return []
    const instead = name === 'what' ? 'a sentence without a full stop' : 'a full sentence'
    return [{ line: lineOf(property.getStart()), found: `${name}: ${text}`, instead }]
  })
}

/** The text of a literal, with a NUL for each value in it; `undefined` for any other expression. */
function literalText(node) {
  if (ts.isStringLiteralLike(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return node.head.text + node.templateSpans.map((span) => `\0${span.literal.text}`).join('')
}

function findPhrases(text, line) {
  return PHRASES.flatMap(([phrase, instead]) => {
    const found = phrase.exec(text)?.[0]
    return found === undefined ? [] : [{ line, found, instead }]
  })
}

/** The findings of all files that git tracks below `paths`. */
export function checkFiles(paths = []) {
  const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...paths], {
    cwd: root,
    encoding: 'utf8'
  })
  return tracked
    .split('\n')
    .filter((path) => path !== '' && !EXCLUDED.test(path))
    .flatMap((path) => {
      let text
      try {
        text = readFileSync(join(root, path), 'utf8')
      } catch {
        return []
      }
      const name = IDENTIFIER_WORDS.test(path)
        ? [{ line: 0, found: path, instead: 'another file name' }]
        : []
      return [...name, ...checkText(path, text)].map((finding) => ({ path, ...finding }))
    })
}

if (process.argv[1] === import.meta.filename) {
  const findings = checkFiles(process.argv.slice(2))
  for (const { path, line, found, instead } of findings) {
    console.log(`${path}:${String(line)}: "${found}": write ${instead}`)
  }
  console.log(`${String(findings.length)} findings`)
  process.exitCode = findings.length > 0 ? 1 : 0
}
