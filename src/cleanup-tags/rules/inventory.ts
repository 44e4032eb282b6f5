/** A tag as it was listed. Times are milliseconds since the epoch, `undefined` where the service gave none. */
export interface ListedTag {
  readonly tag: string
  readonly digest: string
  /** When the tag was set; a tag that moves is set anew. */
  readonly createdAt: number | undefined
}

/** An image (or index, or artifact) as it was listed. */
export interface ListedImage {
  readonly digest: string
  readonly tags: readonly string[]
  readonly pushedAt: number | undefined
  /** In bytes; of an index, the size of its largest manifest. */
  readonly sizeBytes: number
  readonly mediaType: string | undefined
  /** The media type of the config. */
  readonly artifactMediaType: string | undefined
}

/** What a repository holds. */
export interface Inventory {
  readonly tags: readonly ListedTag[]
  readonly images: ReadonlyMap<string, ListedImage>
  /** Images that changed between the two listings: nothing of them is touched. */
  readonly unsettled: ReadonlySet<string>
}

/**
 * Puts the listing of tags and the listing of images together. They were made one after the other: an
 * image whose tags differ between them is unsettled, so is one that only one of them has.
 *
 * @param taggedImages the images that the listing of tags described, whose `tags` do not matter
 * @param images the listing of images; `undefined` where it was not needed, and all images have tags
 */
export function createInventory(
  tags: readonly ListedTag[],
  taggedImages: ReadonlyMap<string, ListedImage>,
  images: ReadonlyMap<string, ListedImage> | undefined
): Inventory {
  const tagsOf = new Map<string, string[]>()
  for (const { tag, digest } of tags) {
    const known = tagsOf.get(digest)
    if (known === undefined) tagsOf.set(digest, [tag])
    else known.push(tag)
  }
  const all = new Map<string, ListedImage>()
  const unsettled = new Set<string>()
  for (const [digest, image] of images ?? []) {
    all.set(digest, image)
    if (!isSameSet(image.tags, tagsOf.get(digest) ?? [])) unsettled.add(digest)
  }
  for (const [digest, image] of taggedImages) {
    if (all.has(digest)) continue
    all.set(digest, { ...image, tags: tagsOf.get(digest) ?? [] })
    if (images !== undefined) unsettled.add(digest)
  }
  return { tags, images: all, unsettled }
}

/** `true` where both hold the same tags, in whatever order. */
export function isSameSet(some: Iterable<string>, others: Iterable<string>): boolean {
  const one = new Set(some)
  const other = new Set(others)
  return one.size === other.size && [...one].every((tag) => other.has(tag))
}
