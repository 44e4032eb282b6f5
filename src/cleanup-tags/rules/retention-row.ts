import { isIndexMediaType } from '../../oci/media-types.js'
import type { Decision } from './decision.js'
import type { ListedImage, ListedTag } from './inventory.js'

/** The plan for one tag or untagged image. */
export interface RetentionRow {
  readonly digest: string
  /** `undefined` for an untagged image. */
  readonly tag: string | undefined
  readonly sizeBytes: number
  /** When the tag was created or the image was pushed, in milliseconds since the epoch. */
  readonly since: number | undefined
  readonly decision: Decision
  /** `true` if this is the last tag to delete of an image, so that the image is deleted with it. */
  readonly deletesImage: boolean
  /** `true` if the image is an index. Its size is then the size of one of its images, which might be kept. */
  readonly isIndex: boolean
  /** Digests of the kept images that are not referenced any more after the deletion of this image. */
  readonly orphans: readonly string[]
}

/** Shared by all rows, since a registry can have a hundred thousand of them. */
const NONE: readonly string[] = []

/** The plan for a tag. It refers to the listing, because copies of 100,000 rows need much memory. */
export class TagRow implements RetentionRow {
  constructor(
    private readonly listed: ListedTag,
    private readonly image: ListedImage | undefined,
    readonly decision: Decision,
    /** `undefined` if the image is not deleted with this tag. */
    private readonly orphansOfImage: readonly string[] | undefined
  ) {}

  get digest(): string {
    return this.listed.digest
  }

  get tag(): string {
    return this.listed.tag
  }

  get sizeBytes(): number {
    return this.image?.sizeBytes ?? 0
  }

  get since(): number | undefined {
    return this.listed.createdAt
  }

  get deletesImage(): boolean {
    return this.orphansOfImage !== undefined
  }

  get isIndex(): boolean {
    return isIndexMediaType(this.image?.mediaType ?? '')
  }

  get orphans(): readonly string[] {
    return this.orphansOfImage ?? NONE
  }
}

/** The plan for an image without a tag. */
export class UntaggedRow implements RetentionRow {
  readonly tag = undefined
  readonly deletesImage = false

  constructor(
    private readonly image: ListedImage,
    readonly decision: Decision,
    readonly orphans: readonly string[]
  ) {}

  get digest(): string {
    return this.image.digest
  }

  get sizeBytes(): number {
    return this.image.sizeBytes
  }

  get since(): number | undefined {
    return this.image.pushedAt
  }

  get isIndex(): boolean {
    return isIndexMediaType(this.image.mediaType ?? '')
  }
}
