//! Made-up fleets on Lambda whose truth is known: what each region, processor, sandbox and invocation adds.

use parallax::measurement::environment::{Environment, Init};
use parallax::measurement::wire::Record;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::samples::{Recipe, START, environment};

/// A fleet whose truth is known, in milliseconds.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// Regions with their means.
    pub regions: Vec<(&'static str, &'static str, f64)>,
    /// Sandboxes of each zone; each region has two zones, each zone two CPU models in turn.
    pub sandboxes: usize,
    pub invocations: u64,
    /// Standard deviations between sandboxes and within.
    pub between: f64,
    pub within: f64,
    /// How much longer a cold start takes, a second invocation, and the newer CPU model.
    pub cold: f64,
    pub second: f64,
    pub processor: f64,
    /// One in so many takes a second and a half more.
    pub stuck_every: Option<u64>,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            regions: vec![
                ("ap-northeast-1", "lambda/ap-northeast-1/1769", 120.0),
                ("eu-west-1", "lambda/eu-west-1/1769", 160.0),
                ("us-east-1", "lambda/us-east-1/1769", 150.0),
            ],
            sandboxes: 6,
            invocations: 20,
            between: 8.0,
            within: 12.0,
            cold: 90.0,
            second: 15.0,
            processor: 10.0,
            stuck_every: None,
        }
    }
}

impl Fleet {
    pub fn records(&self, seed: u64) -> Vec<Record> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = move || {
            let (u, v): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
            (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
        };
        let (mut records, mut count) = (Vec::new(), 0_u64);
        for (region, vantage, mean) in &self.regions {
            for zone in 0..2 {
                for sandbox in 0..self.sandboxes {
                    let newer = sandbox % 2 == 1;
                    let own = mean + self.between * normal() + if newer { self.processor } else { 0.0 };
                    let (az, sandbox) = (format!("{region}-az{zone}"), format!("{region}/{zone}/{sandbox}"));
                    let processor = if newer { "Processor 2" } else { "Processor 1" };
                    let corner = Corner { region, az: &az, processor, sandbox: &sandbox };
                    for number in 1..=self.invocations {
                        count += 1;
                        let more = [0.0, self.cold, self.second].get(number as usize).copied().unwrap_or(0.0);
                        let stuck = self.stuck_every.is_some_and(|every| count.is_multiple_of(every));
                        let millis = own + more + self.within * normal() + if stuck { 1_500.0 } else { 0.0 };
                        let recipe = Recipe {
                            id: format!("sample-{count}"),
                            vantage,
                            elapsed_us: (millis.max(1.0) * 1_000.0) as u64,
                            init: if number == 1 { Init::Cold } else { Init::Warm },
                            invocation: number,
                            started_ms: START + count as i64 * 1_000,
                            ..Recipe::default()
                        };
                        records.push(corner.holds(recipe.record()));
                    }
                }
            }
        }
        records
    }
}

/// Where in a fleet a record was made.
#[derive(Clone, Debug)]
struct Corner<'a> {
    region: &'a str,
    az: &'a str,
    processor: &'a str,
    sandbox: &'a str,
}

impl Corner<'_> {
    /// The record as if it had been made on Lambda, there.
    fn holds(&self, mut record: Record) -> Record {
        record.environment = Environment {
            platform: "lambda".to_owned(),
            region: Some(self.region.to_owned()),
            az_id: Some(self.az.to_owned()),
            cpu_model: Some(self.processor.to_owned()),
            memory_mb: Some(1_769),
            ..environment(self.sandbox)
        };
        record
    }
}
