//! Making a picture smaller, row by row: each small pixel is the mean of those that
//! fall on it.

/// A picture on its way to being small.
pub(super) struct Shrink {
    from: (u32, u32),
    to: (u32, u32),
    y: u32,
    row: Vec<[u32; 4]>,
    row_of: u32,
    out: Vec<u8>,
}

impl Shrink {
    /// From this size to one without a side longer than `side`.
    pub(super) fn new(width: u32, height: u32, side: u32) -> Option<Self> {
        if width == 0 || height == 0 || width > 1 << 20 || height > 1 << 20 {
            return None;
        }
        let longest = width.max(height);
        let fit = |length: u32| {
            let scaled = u64::from(length) * u64::from(side) / u64::from(longest);
            if longest <= side { length } else { u32::try_from(scaled).unwrap_or(side).max(1) }
        };
        let to = (fit(width), fit(height));
        let row = vec![[0; 4]; usize::try_from(to.0).ok()?];
        Some(Self { from: (width, height), to, y: 0, row, row_of: 0, out: Vec::new() })
    }

    /// Takes the next row.
    pub(super) fn row(&mut self, pixels: impl Iterator<Item = [u8; 3]>) {
        let onto = u64::from(self.y) * u64::from(self.to.1) / u64::from(self.from.1);
        let onto = u32::try_from(onto).unwrap_or(0).min(self.to.1 - 1);
        if onto != self.row_of {
            self.flush();
            self.row_of = onto;
        }
        let (mut at, mut rest) = (0usize, 0u32);
        for pixel in pixels {
            if let Some(sum) = self.row.get_mut(at) {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += u32::from(value);
                }
                sum[3] += 1;
            }
            rest += self.to.0;
            if rest >= self.from.0 {
                rest -= self.from.0;
                at += 1;
            }
        }
        self.y += 1;
    }

    fn flush(&mut self) {
        for sum in &mut self.row {
            let [red, green, blue, count] = *sum;
            let mean = |sum: u32| u8::try_from(sum / count.max(1)).unwrap_or(255);
            self.out.extend([mean(red), mean(green), mean(blue)]);
            *sum = [0; 4];
        }
    }

    /// The small picture; none when rows are missing.
    pub(super) fn finish(mut self) -> Option<Small> {
        if self.y != self.from.1 {
            return None;
        }
        self.flush();
        Small::new(self.to.0, self.to.1, self.out)
    }
}

/// A small picture: red, green, blue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Small {
    width: u16,
    height: u16,
    pixels: Vec<u8>,
}

impl Small {
    /// None when the pixels are not as many as the size says.
    pub(crate) fn new(width: u32, height: u32, pixels: Vec<u8>) -> Option<Self> {
        let whole = u64::from(width) * u64::from(height) * 3 == pixels.len() as u64;
        Some(Self { width: u16::try_from(width).ok()?, height: u16::try_from(height).ok()?, pixels }).filter(|_| whole)
    }

    /// Turned and mirrored as an Exif orientation says.
    pub(super) fn turn(self, orientation: u16) -> Self {
        if orientation <= 1 {
            return self;
        }
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        let (out_width, out_height) = if orientation >= 5 { (height, width) } else { (width, height) };
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for y in 0..out_height {
            for x in 0..out_width {
                let (from_x, from_y) = match orientation {
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (y, height - 1 - x),
                    7 => (width - 1 - y, height - 1 - x),
                    _ => (width - 1 - y, x),
                };
                let at = (from_y * width + from_x) * 3;
                pixels.extend_from_slice(self.pixels.get(at..at + 3).unwrap_or(&[255; 3]));
            }
        }
        let (width, height) = if orientation >= 5 { (self.height, self.width) } else { (self.width, self.height) };
        Self { width, height, pixels }
    }

    /// As JPEG, as good as `most` bytes allow.
    pub(crate) fn encode(&self, most: usize) -> Option<Vec<u8>> {
        [80, 60, 40, 20, 10].into_iter().find_map(|quality| {
            let mut file = Vec::new();
            jpeg_encoder::Encoder::new(&mut file, quality)
                .encode(&self.pixels, self.width, self.height, jpeg_encoder::ColorType::Rgb)
                .ok()?;
            (file.len() <= most).then_some(file)
        })
    }
}
