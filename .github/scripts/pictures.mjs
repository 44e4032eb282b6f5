// Takes the screenshots of the documentation:
//
//     npm run bundle && npm run pictures
//
// It runs the emulator and the action's bundle, and takes the screenshots with Chromium (CHROMIUM, or /usr/bin/chromium).
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { chromium } from 'playwright-core'

const root = join(import.meta.dirname, '..', '..')
const images = join(root, 'docs', 'images')
const directory = mkdtempSync(join(tmpdir(), 'pictures-'))
const run = promisify(execFile)

const SUMMARY_STYLE = `
  body { background: #fff; color: #1f2328; font: 16px/1.5 -apple-system, "Noto Sans", "DejaVu Sans", Helvetica, Arial, sans-serif; margin: 0 }
  main { border: 1px solid #d1d9e0; border-radius: 6px; margin: 16px; padding: 8px 24px 16px }
  h3 { font-size: 20px; margin: 20px 0 12px }
  a { color: #0969da; text-decoration: none }
  table { border-collapse: collapse; display: block; font-size: 14px; margin: 12px 0 }
  th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left }
  p { overflow-wrap: anywhere }
  th { font-weight: 600 }
  tr:nth-child(2n) td { background: #f6f8fa }
  code, pre { font-family: "DejaVu Sans Mono", monospace; font-size: 13px }
  code { background: #818b981f; border-radius: 6px; padding: .2em .4em }
  pre { background: #f6f8fa; border-radius: 6px; line-height: 1.45; overflow: hidden; padding: 16px }
  pre code { background: none; padding: 0 }
`

const work = join(directory, 'work')
mkdirSync(work)
const readme = readFileSync(join(root, 'docs', 'examples', 'README.md'), 'utf8')
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
  emulator.process.kill('SIGTERM')
  await once(emulator.process, 'close')
  rmSync(directory, { recursive: true, force: true })
}

/** Returns a seed: a repository with several months of releases and obsolete release candidates. */
function seed() {
  const image = (days, ...tags) => {
    const createdAt = new Date(Date.now() - days * 86_400_000).toISOString()
    return {
      tags: tags.map((tag) => ({ tag, createdAt })),
      pushedAt: createdAt,
      platforms: ['linux/amd64', 'linux/arm64']
    }
  }
  return {
    repositories: [
      {
        name: 'team/tide',
        createdAt: new Date(Date.now() - 200 * 86_400_000).toISOString(),
        images: [
          image(190, '1.2.0'),
          image(120, '1.3.0-rc.1'),
          image(100, '1.3.0'),
          image(60, '1.4.0-rc.1'),
          image(12, '1.4.0-rc.2'),
          image(9, '1.4.0', 'latest')
        ]
      }
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
    repository: 'team/tide',
    tags: '*-rc.*',
    'older-than': '30d',
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

/** Renders job summaries with a style sheet that resembles GitHub's. */
async function pictureOfSummary(name, summaries) {
  const html = micromark(summaries.join('\n'), {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()]
  })
  const page = await browser.newPage({ viewport: { width: 1000, height: 600 } })
  await page.setContent(`<style>${SUMMARY_STYLE}</style><main>${html}</main>`)
  // Opens collapsed sections, and colors diffs like GitHub.
  await page.locator('summary').evaluateAll((all) => all.forEach((each) => each.click()))
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
  return { process: child, env, url: env.AWS_ENDPOINT_URL_ECR_PUBLIC }
}
