// A GitHub CLI with one repository, whose releases are immutable after their publication. Its state is in the file GH_STATE.
// FAIL_AT names a command that fails, and FAIL_WHEN whether it does so before or after its effect.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

const args = process.argv.slice(2)
const command = args.join(' ')
appendFileSync(process.env.GH_CALLS, `${command}\n`)
const state = JSON.parse(readFileSync(process.env.GH_STATE, 'utf8'))
const option = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
const value = (name) => args[args.indexOf(`--${name}`) + 1]
const has = (name) => args.includes(`--${name}`)

const isSelected = process.env.FAIL_AT !== '' && command.includes(process.env.FAIL_AT)
if (isSelected && process.env.FAIL_WHEN === 'before') fail('HTTP 502: Bad Gateway')
run()
writeFileSync(process.env.GH_STATE, JSON.stringify(state))
if (isSelected) fail('error connecting to api.github.com')

function run() {
  const [group, verb, tag] = args
  if (group === 'api') return callApi()
  if (verb === 'create') return create(tag)
  const release = state.releases.find((each) => each.tag === tag)
  if (release === undefined) fail('release not found')
  if (!release.draft) fail('HTTP 422: Cannot change an immutable release')
  if (verb === 'upload') return upload(release)
  if (verb === 'edit') return edit(release)
  fail(`unknown command "${command}"`)
}

function create(tag) {
  if (state.releases.some((each) => each.tag === tag)) fail('a release with this tag exists')
  if (!has('draft') || !has('verify-tag')) fail('the release would be published without assets')
  const notes = readFileSync(value('notes-file'), 'utf8')
  state.releases.push({ tag, draft: true, notes, assets: {} })
}

function upload(release) {
  for (const path of args.filter((arg) => arg.includes('/'))) {
    const name = basename(path)
    if (name in release.assets && !has('clobber')) fail(`asset ${name} exists`)
    release.assets[name] = readFileSync(path).length
  }
}

function edit(release) {
  if (option('draft') === 'false') release.draft = false
  if (option('latest') === 'true') state.latest = release.tag
  release.notes = readFileSync(value('notes-file'), 'utf8')
}

function callApi() {
  const path = args
    .find((arg) => arg.startsWith('repos/'))
    .replace('repos/OWNER/ecr-public-action/', '')
  const fields = Object.fromEntries(
    args.filter((arg, at) => args[at - 1] === '--field').map((field) => field.split('='))
  )
  const method = has('method') ? value('method') : 'GET'
  if (path === 'releases') {
    const [, tag] = /tag_name == "([^"]+)"/.exec(value('jq'))
    for (const each of state.releases) if (each.tag === tag) console.log(each.draft)
  } else if (path.startsWith('git/matching-refs/tags/')) {
    const [, ref] = /ref == "([^"]+)"/.exec(value('jq'))
    if (ref in state.refs) console.log(ref)
  } else if (method === 'PATCH') {
    const ref = path.replace(/^git\//, '')
    if (!(ref in state.refs) || fields.force !== 'true') fail('HTTP 422: Reference does not exist')
    state.refs[ref] = fields.sha
  } else if (method === 'POST' && path === 'git/refs') {
    if (fields.ref in state.refs) fail('HTTP 422: Reference already exists')
    state.refs[fields.ref] = fields.sha
  } else fail(`unknown path ${path}`)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
