/** What a file is that is not an archive, and how to get the archive, both as full sentences. */
export interface FileDescription {
  readonly reason: string
  readonly fix?: string
}

const DOWNLOAD_FIX = 'Check the step that downloads the archive.'
const MEMBER_FIX = 'Use the archive or the directory that contains this file.'

/** Files that are given by mistake, by their first bytes. */
const KINDS: readonly (readonly [start: RegExp, description: FileDescription])[] = [
  [
    // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    /^version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\//,
    {
      reason: 'It is a Git LFS pointer.',
      fix: 'Set "lfs: true" in the step with actions/checkout.'
    }
  ],
  [
    /^\s*(?:\[\s*\{\s*"Config"|\{\s*"(?:schemaVersion|imageLayoutVersion)")/,
    { reason: 'It is a JSON file of an image archive.', fix: MEMBER_FIX }
  ],
  [
    /^\s*(?:[{[]\s*["{[\]}]|\[\s*\d)/,
    { reason: 'It is JSON, such as the error message of a server.', fix: DOWNLOAD_FIX }
  ],
  [
    /^\s*<(?:!doctype html|html)/i,
    { reason: 'It is an HTML page, such as a login or error page.', fix: DOWNLOAD_FIX }
  ],
  [
    /^\s*<(?:\?xml|Error>)/,
    { reason: 'It is XML, such as the error message of a server.', fix: DOWNLOAD_FIX }
  ],
  [
    /^#!.{0,60}run-singularity/,
    {
      reason: 'It is an image of Singularity (SIF).',
      fix: 'Save the image with docker, podman or skopeo.'
    }
  ],
  [/^#!/, { reason: 'It is a script.' }],
  [
    /^(?:hsqs|QFI\xfb|KDMV|conectix|vhdxfile)/,
    {
      reason: 'It is the image of a file system or disk.',
      fix: 'Save the container image with docker, podman or skopeo.'
    }
  ],
  [/^(?:\x7fELF|MZ)/, { reason: 'It is an executable.' }],
  [/^!<arch>\n/, { reason: 'It is a Debian package or a static library.' }],
  [/^\xed\xab\xee\xdb/, { reason: 'It is an RPM package.' }],
  [/^0707/, { reason: 'It is a cpio archive.' }],
  [/^(?:%PDF-|\x89PNG|\xff\xd8\xff|GIF8)/, { reason: 'It is a document or picture.' }]
]

/** The number of bytes that `describeFile` checks. */
const DESCRIBED_BYTES = 512

/** Describes a file that is not an archive by its first bytes. Returns `undefined` if its kind is not known. */
export function describeFile(start: Buffer): FileDescription | undefined {
  const text = start.toString('latin1', 0, DESCRIBED_BYTES).replace(/^\xef\xbb\xbf/, '')
  const known = KINDS.find(([pattern]) => pattern.test(text))?.[1]
  if (known !== undefined) return known
  return /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(text) ? { reason: 'It is text.' } : undefined
}
