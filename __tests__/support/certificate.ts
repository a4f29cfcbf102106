import { generate } from 'selfsigned';

/** As PEM, a certificate for `host` and its key, from a new authority that no one trusts yet. */
export async function createCertificate(
  host: string,
  { isForServers = true, ...validity }: { isForServers?: boolean; notBeforeDate?: Date } = {},
) {
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
      { name: 'extKeyUsage', serverAuth: isForServers, clientAuth: true },
    ],
  });
  return { authority: authority.cert, key: leaf.private, cert: leaf.cert };
}
