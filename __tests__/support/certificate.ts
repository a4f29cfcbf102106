import { generate } from 'selfsigned';

/** A server's key and certificate, and the private authority that signed it, all as PEM. */
interface Certificate {
  authority: string;
  key: string;
  cert: string;
}

/** A certificate for `host` from a new authority, which no one trusts yet. */
export async function createCertificate(
  host: string,
  validity: { notBeforeDate?: Date } = {},
): Promise<Certificate> {
  const options = { keyType: 'ec', algorithm: 'sha256', ...validity } as const;
  const authority = await generate([{ name: 'commonName', value: 'Sandbox authority' }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: 'commonName', value: host }], {
    ...options,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'subjectAltName', altNames: [{ type: 2, value: host }] },
    ],
  });
  return { authority: authority.cert, key: leaf.private, cert: leaf.cert };
}
