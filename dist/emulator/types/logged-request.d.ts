/** A request and its outcome. */
export interface LoggedRequest {
    /** ISO 8601. */
    readonly time: string;
    /** The operation of the API, such as `PutImage`. */
    operation?: string;
    /** The operation of the registry, such as `GetManifest`. */
    route?: string;
    readonly method: string;
    readonly path: string;
    /** 0 if the connection ended without a response. */
    status: number;
    /** Size of the request body, in bytes. */
    requestBytes: number;
    /** Size of the response body, in bytes. */
    responseBytes: number;
    /** The error code of the response, such as `RepositoryNotFoundException`. */
    error?: string;
    /** The injected fault. */
    fault?: string;
    /** The input of an API operation, if it is small. Blobs are omitted. */
    input?: unknown;
}
