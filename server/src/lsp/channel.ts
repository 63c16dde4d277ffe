/** The one way by which a client gets its diagnostics. */
export interface Channel {
  /** Tells the client what has changed since it was last told. */
  flush(): void;
  /** Ends what is held open. */
  dispose(): void;
}
