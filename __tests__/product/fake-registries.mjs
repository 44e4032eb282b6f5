// The programs npm, docker and gh, and the main file of actions/attest, with one state in the file STATE: the npm package and
// its tags, the container images and their attestations. The first argument is the name of the program. FAIL_AT names a
// command that fails, and FAIL_WHEN whether it does so before or after its effect.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'

const args = process.argv.slice(2)
const command = args.join(' ')
appendFileSync(process.env.CALLS, `${command}\n`)
const state = JSON.parse(readFileSync(process.env.STATE, 'utf8'))
const after = (name) => args[args.indexOf(name) + 1]
const manifest = () => JSON.parse(readFileSync('package.json', 'utf8'))

const COMMANDS = [
  ['npm view', view],
  ['npm pkg set', () => {}],
  ['npm publish', publish],
  ['docker login', () => {}],
  ['docker buildx create', () => {}],
  ['docker buildx build', build],
  ['docker buildx imagetools create', copy],
  ['gh attestation verify', verify],
  ['attest', attest]
]

const isSelected = process.env.FAIL_AT !== '' && command.startsWith(process.env.FAIL_AT)
if (isSelected && process.env.FAIL_WHEN === 'before') fail('connection reset')
const [, run] = COMMANDS.find(([prefix]) => command.startsWith(prefix)) ?? fail('unknown command')
run()
writeFileSync(process.env.STATE, JSON.stringify(state))
if (isSelected) fail('connection reset')

function view() {
  const version = args[2].split('@')[1]
  if (!state.versions.includes(version)) fail(`npm error code E404: ${version}`)
}

/** Publishes as npm 11, which rejects a version that exists, and a tag that is also a range of versions. */
function publish() {
  const { version } = manifest()
  const tag = after('--tag')
  if (state.versions.includes(version)) fail('cannot publish over the previously published version')
  if (!args.includes('--tag') || /^v?\d/.test(tag)) fail(`invalid tag ${tag}`)
  state.versions.push(version)
  state.npmTags[tag] = version
}

/** Pushes an image with a new digest, since the provenance of buildx contains times. */
function build() {
  const digest = `sha256:${String(++state.builds)}`
  args.forEach((arg, at) => {
    if (arg === '--tag') state.images[args[at + 1]] = digest
  })
  writeFileSync(after('--metadata-file'), JSON.stringify({ 'containerimage.digest': digest }))
}

function copy() {
  const digest = state.images[args.at(-1)]
  if (digest === undefined) fail('not found')
  state.images[after('--tag')] = digest
}

function verify() {
  const digest = state.images[args[3].replace('oci://', '')]
  if (!state.attested.includes(digest)) fail('no attestations found')
}

function attest() {
  const { 'INPUT_SUBJECT-DIGEST': digest, 'INPUT_SUBJECT-NAME': name } = process.env
  const isPushed = Object.entries(state.images).some(
    ([image, value]) => value === digest && image.startsWith(`${name}:`)
  )
  if (!isPushed) fail(`${name}@${digest} does not exist`)
  state.attested.push(digest)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
