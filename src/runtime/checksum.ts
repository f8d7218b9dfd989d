/**
 * CRC-32 (ISO 3309, as zlib's crc32()) of a text in UTF-8. Implemented here because loading zlib
 * takes a millisecond.
 */

let table: Uint32Array | undefined;

/** Returns eight hexadecimal digits. */
export function checksum(text: string): string {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    return value;
  });
  let crc = ~0;
  for (const byte of Buffer.from(text, 'utf8')) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
  return (~crc >>> 0).toString(16).padStart(8, '0');
}
