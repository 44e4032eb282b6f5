/** An error of the API. The registry converts it to an error of its own format. */
export class ApiError extends Error {
  /**
   * @param type name of the error shape, such as `RepositoryNotFoundException`
   * @param members the members besides the message, as in InvalidLayerPartException
   */
  constructor(
    readonly type: string,
    message: string,
    readonly members: Readonly<Record<string, string | number>> = {}
  ) {
    super(message)
  }

  /**
   * The HTTP status: 500 for an error of the service, 400 for an error of the caller (AWS JSON
   * 1.1).
   */
  get status(): number {
    return this.type === 'ServerException' ? 500 : 400
  }
}

const DISK_FULL_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG']

/** Returns the error of the service if the disk is full, which it also logs; otherwise returns `undefined`. */
export function findDiskError(error: unknown): ApiError | undefined {
  if (!(error instanceof Error) || !DISK_FULL_CODES.includes((error as NodeJS.ErrnoException).code))
    return undefined
  console.error(`The disk is full, so the emulator cannot store data. ${error.message}`)
  return new ApiError('ServerException', 'The disk of the emulator is full.')
}

/** Creates the error for an invalid member of the input. */
export function invalidParameter(member: string, constraint: string): ApiError {
  return new ApiError(
    'InvalidParameterException',
    `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`
  )
}
