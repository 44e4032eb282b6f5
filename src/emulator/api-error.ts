/** An error as the API answers it. The registry side puts it into words of its own. */
export class ApiError extends Error {
  /**
   * @param type name of the error shape, `RepositoryNotFoundException`
   * @param members what InvalidLayerPartException tells besides its message
   */
  constructor(
    readonly type: string,
    message: string,
    readonly members: Readonly<Record<string, string | number>> = {}
  ) {
    super(message)
  }

  /** The HTTP status: faults of the service are 500, errors of the caller 400 (AWS JSON 1.1). */
  get status(): number {
    return this.type === 'ServerException' ? 500 : 400
  }
}

/** The service's way to say that a member of the input is wrong. */
export function invalidParameter(member: string, constraint: string): ApiError {
  return new ApiError(
    'InvalidParameterException',
    `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`
  )
}
