import * as nodePath from 'node:path'
import type { PlatformPath } from 'node:path'
import { relativeInside } from '../runner/local-path-rules.js'

/**
 * Returns a path as a workflow author writes it on every platform: relative to the workspace and with forward slashes,
 * if the file is in the workspace.
 *
 * @param platform the path functions of the platform
 */
export function displayLocalPath(
  path: string,
  workspace: string,
  platform: PlatformPath = nodePath
): string {
  const inside = relativeInside(workspace, path, platform)
  return inside?.split(platform.sep).join('/') ?? path
}
