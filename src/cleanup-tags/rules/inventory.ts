/** A tag as listed. Times are milliseconds since the epoch, and `undefined` if the response does not contain them. */
export interface ListedTag {
  readonly tag: string
  readonly digest: string
  /** When the tag was created, or last moved to another image. */
  readonly createdAt: number | undefined
}

/** An image, index or artifact as listed. */
export interface ListedImage {
  readonly digest: string
  readonly tags: readonly string[]
  readonly pushedAt: number | undefined
  /** In bytes. For an index, the size of its largest image. */
  readonly sizeBytes: number
  readonly mediaType: string | undefined
  /** The media type of the config. */
  readonly artifactMediaType: string | undefined
}

/** The tags and images of a repository. */
export interface Inventory {
  readonly tags: readonly ListedTag[]
  readonly images: ReadonlyMap<string, ListedImage>
  /** Images that changed between the two listings. They and their tags are kept. */
  readonly unsettled: ReadonlySet<string>
}

/**
 * Combines the listing of tags and the listing of images. The two are not one snapshot: an image is unsettled if its
 * tags differ between them or if a tagged image is in only one of them.
 *
 * @param taggedImages the images in the listing of tags
 * @param images the listing of images, or `undefined` if only tagged images are needed
 */
export function createInventory(
  tags: readonly ListedTag[],
  taggedImages: ReadonlyMap<string, ListedImage>,
  images: ReadonlyMap<string, ListedImage> | undefined
): Inventory {
  const unsettled = new Set<string>()
  if (images === undefined) return { tags, images: taggedImages, unsettled }
  for (const [digest, image] of images) {
    if (!isSameSet(image.tags, taggedImages.get(digest)?.tags ?? [])) unsettled.add(digest)
  }
  const missing: [string, ListedImage][] = []
  for (const [digest, image] of taggedImages) if (!images.has(digest)) missing.push([digest, image])
  if (missing.length === 0) return { tags, images, unsettled }
  for (const [digest] of missing) unsettled.add(digest)
  return { tags, images: new Map([...images, ...missing]), unsettled }
}

/** Returns `true` if both contain the same values, in any order. */
export function isSameSet(first: readonly string[], second: readonly string[]): boolean {
  // Most images have one tag, and two sets for each of them take time.
  if (first.length === 1 && second.length === 1) return first[0] === second[0]
  const one = new Set(first)
  const other = new Set(second)
  return one.size === other.size && [...one].every((value) => other.has(value))
}
