/** A black PNG image of 60 × 60 pixels, the minimum size of a logo (user guide, "Creating a public repository"). */
export const LOGO = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAADwAAAA8AQAAAAASh+TfAAAAD0lEQVR42mNgGAWjADsAAAIcAAFXfAS9AAAAAElFTkSuQmCC',
  'base64'
)
