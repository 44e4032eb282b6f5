import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** Path of the repository. */
export const ROOT = join(import.meta.dirname, '..', '..')

/** A step of a workflow file. */
export interface WorkflowStep {
  readonly id?: string
  readonly name?: string
  readonly if?: string
  readonly uses?: string
  readonly run?: string
  readonly shell?: string
  readonly with?: Readonly<Record<string, string | number | boolean>>
  readonly env?: Readonly<Record<string, string | number | boolean>>
  readonly 'working-directory'?: string
  readonly 'continue-on-error'?: boolean
}

export interface WorkflowJob {
  readonly name?: string
  /** The reusable workflow that the job calls. */
  readonly uses?: string
  readonly permissions?: Readonly<Record<string, string>>
  readonly strategy?: { readonly matrix?: Readonly<Record<string, readonly string[]>> }
  readonly 'timeout-minutes'?: number
  readonly env?: WorkflowStep['env']
  readonly steps: readonly WorkflowStep[]
}

export interface Workflow {
  readonly name?: string
  readonly on: unknown
  readonly permissions?: Readonly<Record<string, string>>
  readonly env?: WorkflowStep['env']
  readonly jobs: Readonly<Record<string, WorkflowJob>>
}

/** An `action.yml`. */
export interface ActionFile {
  readonly inputs?: Readonly<Record<string, { readonly default?: string; required?: boolean }>>
  readonly outputs?: Readonly<Record<string, unknown>>
  readonly runs: { readonly using: string; readonly main: string; readonly post?: string }
}

export function readYaml(path: string): unknown {
  return parse(readFileSync(join(ROOT, path), 'utf8'))
}

/** Reads a workflow. A job that calls a reusable workflow does not have steps. */
export function readWorkflow(path: string): Workflow {
  const workflow = readYaml(path) as Workflow
  const jobs = Object.entries<Partial<WorkflowJob>>(workflow.jobs).map(([name, job]) => [
    name,
    { ...job, steps: job.steps ?? [] }
  ])
  return { ...workflow, jobs: Object.fromEntries(jobs) as Workflow['jobs'] }
}

/** Returns a title of a step for messages. */
export function titleOf(step: WorkflowStep): string {
  return step.name ?? step.id ?? step.uses ?? step.run?.split('\n', 1)[0] ?? 'unnamed step'
}
