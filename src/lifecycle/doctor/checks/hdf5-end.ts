// Whether an HDF5 file is as long as its superblock says: a copy that was cut off is not.
// https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#Superblock

import { hdf5SignatureOffset } from '../../../encoding/hdf5.ts';
import type { Check, Finding } from '../definition.ts';

const check = {
  name: 'hdf5-end',
  stage: 'file',
  run({ start: { head, bytes } }) {
    const offset = hdf5SignatureOffset(head);
    if (offset === undefined) return [];
    const found = readSuperblock(Buffer.from(head.buffer, head.byteOffset + offset, head.length - offset));
    if (found === undefined) {
      return [
        {
          severity: 'problem',
          message: 'it is cut off inside its first block',
          remediation: 'copy or export the file again',
        } satisfies Finding,
      ];
    }
    const end = found.end;
    if (end > bytes) {
      const share = Math.floor((bytes / end) * 100);
      return [
        {
          severity: 'problem',
          message: `it is cut off: ${bytes} of ${end} bytes are there (${share} %)`,
          remediation: 'copy or download the file again, and compare its size with the original',
        },
      ];
    }
    const findings: Finding[] = [{ severity: 'ok', message: `it is as long as it says, ${end} bytes` }];
    if (bytes > end) {
      findings.push({
        severity: 'warning',
        message: `${bytes - end} bytes follow after its end, which nothing reads`,
        remediation: 'nothing has to be done; a program that joins files may have added them',
      });
    }
    if (found.isOpen) {
      findings.push({
        severity: 'warning',
        message: 'the program that wrote it did not close it: the last writes may be missing',
        remediation: 'save the model again, or try h5clear -s on a copy of the file',
      });
    }
    return findings;
  },
} satisfies Check;

export default check;

/** The end of the file as stated, and whether it is marked as open for writing. undefined: cut off before that. */
function readSuperblock(block: Buffer): { readonly end: number; readonly isOpen: boolean } | undefined {
  const version = block[8];
  if (version === undefined) return undefined;
  const isNew = version >= 2;
  const width = block[isNew ? 9 : 13] ?? 8;
  // Base address, an address more, end of file.
  const first = isNew ? 12 : version === 1 ? 28 : 24;
  const base = address(block, first, width);
  const end = address(block, first + 2 * width, width);
  if (base === undefined || end === undefined) return undefined;
  // Bit 0 of the consistency flags: open for writing.
  return { end, isOpen: isNew && ((block[11] ?? 0) & 1) === 1 };
}

function address(block: Buffer, offset: number, width: number): number | undefined {
  if (![2, 4, 8].includes(width) || offset + width > block.length) return undefined;
  return Number(block.readUIntLE(offset, Math.min(width, 6)));
}
