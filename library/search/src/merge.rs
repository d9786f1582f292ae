//! Which segments are merged, and when.
//!
//! Small ones, from single saves, soon: each search looks into every segment. Those of
//! an import only when there are many, as each merge writes them again and the index is
//! made one segment anyway when it is idle.

use tantivy::index::SegmentMeta;
use tantivy::indexer::{LogMergePolicy, MergeCandidate, MergePolicy};

/// Segments of fewer documents come from single saves.
const SMALL: u32 = 1_000;
/// So many small ones are merged.
const MANY_SMALL: usize = 8;
/// So many large ones of about the same size are merged.
const MANY_LARGE: usize = 20;
/// Removed documents are somebody's text: they leave with the next merge once they are
/// this share of a segment.
const REMOVED: f32 = 0.2;

/// The policy of an index.
#[derive(Debug)]
pub(crate) struct Merging {
    small: LogMergePolicy,
    large: LogMergePolicy,
}

impl Merging {
    /// The policy.
    pub(crate) fn new() -> Self {
        let policy = |many| {
            let mut policy = LogMergePolicy::default();
            policy.set_min_num_segments(many);
            policy.set_del_docs_ratio_before_merge(REMOVED);
            policy
        };
        Merging { small: policy(MANY_SMALL), large: policy(MANY_LARGE) }
    }
}

impl MergePolicy for Merging {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let (small, large): (Vec<_>, Vec<_>) = segments.iter().cloned().partition(|segment| segment.num_docs() < SMALL);
        let mut candidates = self.small.compute_merge_candidates(&small);
        candidates.extend(self.large.compute_merge_candidates(&large));
        candidates
    }
}
