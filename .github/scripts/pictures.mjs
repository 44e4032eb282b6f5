// Takes the screenshots of the documentation:
//
//     npm run bundle && npm run pictures
//
// It runs the emulator and the action's bundle, and takes the screenshots with Chromium (CHROMIUM, or /usr/bin/chromium).
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { summaryPage } from '../../__tests__/helpers/summary-page.ts'

const root = join(import.meta.dirname, '..', '..')
const images = join(root, 'docs', 'images')
const directory = mkdtempSync(join(tmpdir(), 'pictures-'))
const run = promisify(execFile)

const work = join(directory, 'work')
mkdirSync(work)
const readme = readFileSync(join(images, 'example-readme.md'), 'utf8')
writeFileSync(join(work, 'README.md'), readme)
const seedFile = join(directory, 'seed.json')
writeFileSync(seedFile, JSON.stringify(seed()))
const emulator = await startEmulator(['--port', '0', '--verified', '--seed', seedFile])
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update']
})
try {
  await takePictures()
} finally {
  await browser.close()
  emulator.sizes.close()
  emulator.sizes.closeAllConnections()
  emulator.process.kill('SIGTERM')
  await once(emulator.process, 'close')
  rmSync(directory, { recursive: true, force: true })
}

/** Returns a seed: repositories with several months of releases, release candidates and nightly builds. */
function seed() {
  const timeOf = (days) => new Date(Date.now() - days * 86_400_000).toISOString()
  const image = (days, ...tags) => ({
    tags: tags.map((tag) => ({ tag, createdAt: timeOf(days) })),
    pushedAt: timeOf(days),
    platforms: ['linux/amd64', 'linux/arm64']
  })
  const nightly = (count) =>
    Array.from({ length: count }, (_, at) =>
      image(
        at + 1,
        `nightly-${timeOf(at + 1)
          .slice(0, 10)
          .replaceAll('-', '')}`
      )
    )
  const repository = (name, ...images) => ({ name, createdAt: timeOf(200), images })
  return {
    repositories: [
      repository(
        'team/tide',
        image(190, '1.2.0'),
        image(120, '1.3.0-rc.1'),
        image(100, '1.3.0'),
        image(60, '1.4.0-rc.1'),
        image(12, '1.4.0-rc.2'),
        image(9, '1.4.0', '1.4', 'latest')
      ),
      repository('team/tide-api', ...nightly(45), image(80, '2.0.0'), image(20, '2.1.0', 'latest')),
      repository('team/tide-web', ...nightly(31), image(90, '0.9.0-rc.3'), image(30, '0.9.0')),
      repository('team/charts', image(150, '1.0.0'), image(40, '1.1.0')),
      repository('team/base', image(170, '2025.4'), image(35, '2026.1', 'latest'))
    ]
  }
}

async function takePictures() {
  const gallery = `${emulator.url}/a1b2c3d4/team/tide`
  await pictureOfPage('gallery-before', gallery)

  const logo = join(directory, 'logo.png')
  await drawLogo(logo)
  const catalog = {
    mode: 'sync-catalog',
    repository: 'team/tide',
    architectures: 'auto',
    'operating-systems': 'auto',
    'display-name': 'Harbour tools',
    logo
  }
  const description = 'High and low water for 1,284 ports, without a network'
  await step({ ...catalog, description })
  await pictureOfPage('gallery-after', gallery)

  const cleaned = await step({
    mode: 'cleanup-tags',
    repository: 'team/*',
    tags: 'nightly-*\n*-rc.*',
    'older-than': '30d',
    'keep-latest': '3',
    untagged: 'true',
    'dry-run': 'true'
  })
  writeFileSync(join(work, 'README.md'), readme.replace('**6 MB**', '**5 MB**'))
  const synced = await step({ ...catalog, description, 'dry-run': 'true' })
  await pictureOfSummary('summary', [cleaned.summary, synced.summary])
}

/** Runs one step of the action as the runner does. @throws Error with its log if it fails */
async function step(inputs) {
  const files = { GITHUB_OUTPUT: 'output', GITHUB_STATE: 'state', GITHUB_STEP_SUMMARY: 'summary' }
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    RUNNER_TEMP: directory,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'harbour/tide',
    GITHUB_SHA: 'v1.4.0',
    GITHUB_WORKSPACE: work,
    ...emulator.env
  }
  for (const [name, file] of Object.entries(files)) {
    env[name] = join(directory, file)
    writeFileSync(env[name], '')
  }
  for (const [name, value] of Object.entries(inputs)) env[`INPUT_${name.toUpperCase()}`] = value
  await run(process.execPath, [join(root, 'dist', 'index.js')], { cwd: work, env })
  return { summary: readFileSync(env.GITHUB_STEP_SUMMARY, 'utf8') }
}

async function pictureOfPage(name, url) {
  const page = await browser.newPage({ viewport: { width: 1000, height: 760 } })
  await page.goto(url)
  await page.screenshot({ path: join(images, `${name}.png`) })
  await page.close()
}

/** Renders job summaries as GitHub does, with the first section of each opened. */
async function pictureOfSummary(name, summaries) {
  const page = await browser.newPage({ viewport: { width: 1012, height: 600 } })
  await page.setContent(summaryPage(summaries.join('\n')))
  // Opens the smallest list of deletions and the difference, and colors the difference like GitHub.
  await page.locator('summary', { hasText: /team\/tide-web: |aboutText/ }).evaluateAll((all) => {
    for (const each of all) each.click()
  })
  await page.locator('code.language-diff').evaluateAll((all) => {
    for (const code of all) {
      code.innerHTML = code.innerHTML
        .replace(/^\+.*$/gm, '<span style="background: #dafbe1">$&</span>')
        .replace(/^-.*$/gm, '<span style="background: #ffebe9">$&</span>')
    }
  })
  await page.screenshot({ path: join(images, `${name}.png`), fullPage: true })
  await page.close()
}

async function drawLogo(path) {
  const page = await browser.newPage({ viewport: { width: 256, height: 256 } })
  await page.setContent(
    `<style>body { margin: 0 }</style>
     <svg width="256" height="256" xmlns="http://www.w3.org/2000/svg">
       <rect width="256" height="256" fill="#0b5394"/>
       <circle cx="128" cy="86" r="38" fill="#ffd966"/>
       <path d="M0 150q32-28 64 0t64 0 64 0 64 0V256H0Z" fill="#6fa8dc"/>
       <path d="M0 190q32-28 64 0t64 0 64 0 64 0V256H0Z" fill="#cfe2f3"/>
     </svg>`
  )
  await page.screenshot({ path })
  await page.close()
}

async function startEmulator(args) {
  const bundle = join(root, 'dist', 'emulator', 'index.js')
  if (!existsSync(bundle)) throw new Error('The bundle is missing. Run "npm run bundle".')
  const child = spawn(process.execPath, [bundle, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const env = { AWS_EC2_METADATA_DISABLED: 'true' }
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^export ([A-Z_]+)=(.*)$/.exec(line) ?? []
    if (name !== undefined) env[name] = value
    if (env.AWS_SECRET_ACCESS_KEY !== undefined) break
  }
  const url = env.AWS_ENDPOINT_URL_ECR_PUBLIC
  const sizes = await startSizes(url)
  env.AWS_ENDPOINT_URL_ECR_PUBLIC = `http://127.0.0.1:${sizes.address().port}`
  return { process: child, env, url, sizes }
}

/** Starts a server that forwards API calls, and reports images of a realistic size: the ones of seeds have few bytes. */
async function startSizes(url) {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request))
    const headers = { ...request.headers }
    // `fetch` sets these itself.
    for (const name of ['host', 'connection', 'content-length']) delete headers[name]
    const answer = await fetch(url, { method: 'POST', headers, body })
    const text = await answer.text()
    const sized = text.replace(/"imageSizeInBytes":(\d+)/g, (_size, bytes) => {
      return `"imageSizeInBytes":${Number(bytes) * 321_000}`
    })
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type'),
      'x-amzn-requestid': answer.headers.get('x-amzn-requestid'),
      date: answer.headers.get('date')
    })
    response.end(sized)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
