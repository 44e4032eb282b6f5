/** What the gallery page does: the values, the default first. */
export const GALLERY_SWITCHES = {
  /** Images of other hosts in texts: a frame with their alternative text, or the image itself. */
  galleryImages: ['framed', 'loaded']
} as const
