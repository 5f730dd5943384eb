/** Whether the signature is the key's, over exactly these bytes (RFC 8032). */
export type VerifyEd25519 = (
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
) => boolean | Promise<boolean>

/** Loaded with the first list: who uses no dispatch does not carry it. */
export const nobleVerify: VerifyEd25519 = async (signature, message, publicKey) => {
  const { verifyAsync } = await import('@noble/ed25519')
  return verifyAsync(signature, message, publicKey, { zip215: false })
}
