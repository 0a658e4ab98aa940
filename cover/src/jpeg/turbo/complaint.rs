//! What libjpeg's complaints say of a picture: is it whole, cut, or spoilt.

use crate::{Format, Refusal, walk};

/// Stray bytes behind a scan that are taken for a writer's slip, unless they are all the same,
/// as padding is: more of them are pixels that were not understood.
const SLIP: usize = 256;

/// As `enum kind` in `shim/jpeg.c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It cannot go on.
    Fatal,
    /// Nothing that is drawn is touched: an odd version, stray bytes between tables.
    Harmless,
    /// Bytes behind a scan that belong to nothing.
    Stray,
    /// The file has ended.
    RanDry,
    /// A scan has fewer bits than its pixels need.
    Short,
    /// Bits that mean nothing.
    Spoilt,
}

impl Kind {
    /// Of the shim's number.
    pub fn of(number: i32) -> Self {
        match number {
            1 => Self::Harmless,
            2 => Self::Stray,
            3 => Self::RanDry,
            4 => Self::Short,
            5 => Self::Spoilt,
            _ => Self::Fatal,
        }
    }

    /// Whether it touches pixels, whatever came before it.
    pub fn is_serious(self) -> bool {
        matches!(self, Self::Short | Self::Spoilt | Self::Fatal)
    }
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    pub kind: Kind,
    /// libjpeg's words.
    pub words: String,
    /// Bytes skipped, of [`Kind::Stray`].
    pub count: usize,
    /// Where they end in the file.
    pub at: usize,
}

/// Whether every pixel is there. The first complaint that touches pixels decides; after the end
/// of the file each of them only says that it is cut. A file that lacks its end marker and
/// nothing else is whole.
pub(super) fn verdict(bytes: &[u8], complaints: &[Complaint]) -> Result<(), Refusal> {
    let format = Format::Jpeg;
    let mut dry = false;
    for complaint in complaints {
        let serious = match complaint.kind {
            Kind::Harmless => false,
            Kind::RanDry => {
                dry = true;
                false
            }
            Kind::Stray => !is_slip(bytes, complaint),
            kind => kind.is_serious(),
        };
        if serious && dry {
            return Err(Refusal::Truncated { format });
        }
        if serious {
            // What it gave up for says more than what it tried to get over.
            let last = complaints.last().filter(|last| last.kind == Kind::Fatal);
            return Err(Refusal::Corrupt {
                format,
                reason: last.unwrap_or(complaint).words.clone(),
            });
        }
    }
    if dry && !walk::jpeg_scans_are_all_there(bytes) {
        return Err(Refusal::Truncated { format });
    }
    Ok(())
}

fn is_slip(bytes: &[u8], stray: &Complaint) -> bool {
    let start = stray.at.saturating_sub(stray.count);
    let skipped = bytes.get(start..stray.at).unwrap_or_default();
    let padding = skipped.windows(2).all(|pair| pair[0] == pair[1]);
    padding || stray.count <= SLIP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(kinds: &[Kind]) -> Vec<Complaint> {
        let one = |&kind| Complaint {
            kind,
            words: "words".to_owned(),
            count: 0,
            at: 0,
        };
        kinds.iter().map(one).collect()
    }

    #[test]
    fn the_first_complaint_that_touches_pixels_decides() {
        use Kind::{Fatal, Harmless, RanDry, Short, Spoilt, Stray};
        let table: [(&[Kind], Option<&str>); 9] = [
            (&[], None),
            (&[Harmless, Stray], None),
            (&[Harmless, Spoilt, RanDry], Some("corrupt")),
            (&[RanDry, Spoilt], Some("truncated")),
            (&[Stray, RanDry, Short], Some("truncated")),
            (&[Short], Some("corrupt")),
            (&[Fatal], Some("corrupt")),
            (&[RanDry, Fatal], Some("truncated")),
            // No scan at all.
            (&[RanDry], Some("truncated")),
        ];
        for (kinds, class) in table {
            let found = verdict(&[], &complaints(kinds)).err();
            assert_eq!(found.map(|refusal| refusal.class()), class, "{kinds:?}");
        }
    }

    #[test]
    fn a_few_stray_bytes_or_padding_are_a_slip_and_many_are_lost_pixels() {
        let noise: Vec<u8> = (0..2000).map(|n| (n * n / 7) as u8).collect();
        for (bytes, slip) in [
            (&noise[..SLIP], true),
            (&noise[..SLIP + 1], false),
            (&[0; 2000], true),
            (&[0x20; 2000], true),
        ] {
            let stray = Complaint {
                kind: Kind::Stray,
                words: String::new(),
                count: bytes.len(),
                at: bytes.len(),
            };
            assert_eq!(verdict(bytes, &[stray]).is_ok(), slip, "{}", bytes.len());
        }
    }
}
