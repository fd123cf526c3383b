//! What there is to say of each metric.

use super::{Entry, Metric, Per, Publisher, Unit};

impl Metric {
    /// What there is to say of it.
    #[must_use]
    pub const fn entry(self) -> Entry {
        match self {
            Self::Latency => Entry {
                name: "Latency",
                unit: Unit::Milliseconds,
                per: Per::Source,
                by: Publisher::ChosenSamples,
                about: "response time of a sample that has one; read p50, p90, p99",
            },
            Self::Availability => Entry {
                name: "Availability",
                unit: Unit::Percent,
                per: Per::Source,
                by: Publisher::ChosenSamples,
                about: "100 for an answer that passed every check, else 0; read Average",
            },
            Self::ColdStarts => Entry {
                name: "ColdStarts",
                unit: Unit::Percent,
                per: Per::Region,
                by: Publisher::Samples,
                about: "100 for a sample of a sandbox started for it, 0 for one of a sandbox that was there or was \
                        started ahead; read Average as the cold share, SampleCount as the samples of the region",
            },
            Self::RegionsDown => Entry {
                name: "RegionsDown",
                unit: Unit::Count,
                per: Per::Target,
                by: Publisher::Minute,
                about: "places that have no good answer of the target in its latest slots; absent where no place has \
                        enough of them; read Maximum",
            },
            Self::PlacementShare => Entry {
                name: "PlacementShare",
                unit: Unit::Percent,
                per: Per::Target,
                by: Publisher::Window,
                about: "of the spread of warm response times within regions, what lies between zones, processors and \
                        sandboxes; a value for each method; absent where sandboxes cannot be told apart; read Maximum",
            },
            Self::TargetsDown => Entry {
                name: "TargetsDown",
                unit: Unit::Count,
                per: Per::Fleet,
                by: Publisher::Minute,
                about: "targets down in at least as many places as the quorum says; read Maximum",
            },
            Self::TargetsSlower => Entry {
                name: "TargetsSlower",
                unit: Unit::Count,
                per: Per::Fleet,
                by: Publisher::Window,
                about: "targets whose median rose beyond doubt and by more than the rule allows, from at least as many \
                        places as the quorum says; read Maximum",
            },
            Self::RegionsSilent => Entry {
                name: "RegionsSilent",
                unit: Unit::Count,
                per: Per::Fleet,
                by: Publisher::Minute,
                about: "regions of the fleet without a sample of late; read Maximum",
            },
            Self::SamplesArchivedOnly => Entry {
                name: "SamplesArchivedOnly",
                unit: Unit::Count,
                per: Per::Fleet,
                by: Publisher::Samples,
                about: "samples that began too long ago, or too far ahead, for CloudWatch: they are in the archive \
                        alone; read Sum",
            },
            Self::TargetsRefused => Entry {
                name: "TargetsRefused",
                unit: Unit::Count,
                per: Per::Fleet,
                by: Publisher::Minute,
                about: "rows of a target table that cannot be read, and are not probed: each minute those of the home \
                        region, and with the slots of a region's probe those of its own, where there are any; read \
                        Maximum",
            },
            Self::RowsRefused => Entry {
                name: "RowsRefused",
                unit: Unit::Count,
                per: Per::Region,
                by: Publisher::Samples,
                about: "rows of the region's own target table that its probe could not read; absent where it could read \
                        all of them; read Maximum",
            },
            Self::SlotsMissed => Entry {
                name: "SlotsMissed",
                unit: Unit::Count,
                per: Per::Fleet,
                by: Publisher::Samples,
                about: "slots of a page that a probe let pass, at their time: it had no time left, or not the value of a \
                        header; read Sum, which counts a message twice that came twice",
            },
            Self::PartialFailures => Entry {
                name: "PartialFailures",
                unit: Unit::Count,
                per: Per::Fleet,
                by: Publisher::Log,
                about: "groups of messages that the aggregator gave back to the queue, and requests that CloudWatch \
                        refused for good; its log has the reasons; read Sum",
            },
        }
    }
}
