import { execFileSync } from 'node:child_process'
import {
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from './read-workflow.js'

const made = new Set<string>()

/**
 * Creates a clone with all files of the working tree, committed, and optionally with the same packages. Tests can change
 * its files.
 */
export function makeWorkspace({ packages = false } = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'workspace-'))
  made.add(directory)
  for (const path of listFiles()) {
    mkdirSync(join(directory, dirname(path)), { recursive: true })
    cpSync(join(ROOT, path), join(directory, path), { verbatimSymlinks: true })
  }
  const git = (...args: readonly string[]): void => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
    execFileSync('git', [...identity, ...args], { cwd: directory, stdio: 'ignore' })
  }
  git('init', '--initial-branch=main')
  git('add', '--all')
  git('commit', '--message=All')
  if (packages) linkTree(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  return directory
}

/** Lists the files that a commit of the working tree would contain. */
export function listFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT })
  const deleted = execFileSync('git', ['ls-files', '-d', '-z'], { cwd: ROOT })
  const gone = new Set(deleted.toString().split('\0'))
  return listed
    .toString()
    .split('\0')
    .filter((path) => path !== '' && !gone.has(path))
}

/** Copies a tree with hard links, because the bundler derives names from real paths and would resolve symbolic links. */
function linkTree(from: string, to: string): void {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    // A build in progress uses this directory.
    if (/^\.(?:bundle|docs-)/.test(entry.name)) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) linkTree(source, target)
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else linkOrCopy(source, target)
  }
}

function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target)
  } catch {
    cpSync(source, target)
  }
}

afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true })
})
