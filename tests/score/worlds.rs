//! The worlds: which causes are at work, how strongly, and what can be seen of them.

use super::super::simulator::Side;

/// What a world is for; the gates differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Many causes at once, everything visible.
    Whole,
    /// Many causes at once, something not visible.
    Blind,
    /// Nothing differs, or one of many causes does not.
    Null,
    /// One cause alone.
    Single,
    /// Two causes alone.
    Pair,
    /// One place, where sandboxes outlive a block of time.
    Succession,
}

/// One world.
#[derive(Clone, Debug)]
pub struct World {
    pub name: String,
    pub kind: Kind,
    pub a: Side,
    pub b: Side,
    pub slots: u32,
    /// The server has slow and quick hours.
    pub daily: bool,
    /// Rows that cannot be told apart here are scored as one.
    pub together: &'static [&'static str],
}

impl World {
    fn new(name: &str, kind: Kind, a: &Side, b: &Side) -> Self {
        Self { name: name.into(), kind, a: a.clone(), b: b.clone(), slots: 360, daily: false, together: &[] }
    }

    /// Where its randomness starts: no two worlds share their luck, or one unlucky draw would be counted in all.
    pub fn seed(&self) -> u64 {
        self.name.bytes().fold(u64::from(self.slots), |sum, byte| sum.wrapping_mul(1_000_003).wrapping_add(byte.into()))
    }

    /// Requests of B.
    pub fn requests(&self) -> u32 {
        self.slots * self.b.trips.len() as u32
    }
}

/// Twelve causes at once: a host, and functions in four places.
pub fn twelve() -> (Side, Side) {
    let a = Side { lost: 0.000_5, ..Side::default() };
    let b = Side {
        name: "b",
        trips: vec![18.0, 24.0, 30.0, 40.0],
        life: 24,
        redirected: 0.6,
        dns: 8.0,
        queue: 0.4,
        lost: 0.002_5,
        cpu: 0.8,
        handshake_cpu: 0.7,
        stolen: 4.4,
        cold: [8.0, 14.0, 40.0],
        miss: 0.3,
        hidden: 4.0,
        transfer: 1.5,
        definition: 9.0,
        ..Side::default()
    };
    (a, b)
}

fn same() -> Side {
    Side { name: "b", ..Side::default() }
}

/// What a kernel that hides run-queue delay makes one of.
const STOLEN: &[&str] = &["scheduling", "cold", "dns", "transfer", "residual"];

/// The worlds of the method by name, and those in which something is hidden.
pub fn named() -> Vec<World> {
    let (a, b) = twelve();
    let whole = |name, a: &Side, b: &Side| World::new(name, Kind::Whole, a, b);
    let blind = |name, together, a: &Side, b: &Side| World { together, ..World::new(name, Kind::Blind, a, b) };
    let both = |change: fn(&mut Side)| {
        let (mut a, mut b) = (a.clone(), b.clone());
        change(&mut a);
        change(&mut b);
        (a, b)
    };
    let (mute_a, mute_b) = both(|side| side.said = 0.0);
    let (shy_a, shy_b) = both(|side| side.said = 0.3);
    let (dark_a, dark_b) = both(|side| side.accounted = false);
    let (more_a, more_b) = both(|side| side.boast = 1.6);
    let (fail_a, fail_b) = both(|side| side.unanswered = 0.05);
    let server: &[&str] = &["server", "residual"];
    vec![
        whole("S0", &a, &b),
        World { slots: 60, ..whole("S0, 240 requests", &a, &b) },
        World { slots: 60, ..whole("S0, 60 requests", &a, &Side { trips: vec![28.0], ..b.clone() }) },
        whole("S1", &Side { reused: 0.5, ..a.clone() }, &Side { tls12: true, redirected: 0.4, ..b.clone() }),
        World::new("S2", Kind::Null, &Side::default(), &same()),
        World { daily: true, ..whole("S3", &a, &Side { skew: 0.9, ..b.clone() }) },
        blind("S4", STOLEN, &a, &Side { shown: false, ..b.clone() }),
        blind("S5", server, &mute_a, &mute_b),
        whole("S6", &shy_a, &shy_b),
        blind("no run delay", STOLEN, &dark_a, &dark_b),
        blind("Server-Timing says too much", server, &more_a, &more_b),
        blind("Server-Timing of B says too little", server, &a, &Side { boast: 0.4, ..b.clone() }),
        whole("5 % time out", &fail_a, &fail_b),
    ]
}

/// Takes a cause of B away.
type Without = (&'static str, fn(&mut Side, &Side));

/// All of S0 but one of its causes.
pub fn without_one() -> Vec<World> {
    let (a, b) = twelve();
    let changes: [Without; 12] = [
        ("definition", |b, a| b.definition = a.definition),
        ("dns", |b, a| (b.dns, b.cold[0]) = (a.dns, a.cold[0])),
        ("distance", |b, a| b.trips = vec![a.trips[0]; 4]),
        ("redirect", |b, a| b.redirected = a.redirected),
        ("queueing", |b, a| b.queue = a.queue),
        ("loss", |b, a| b.lost = a.lost),
        ("cpu", |b, a| (b.cpu, b.handshake_cpu, b.cold[1]) = (a.cpu, a.handshake_cpu, a.cold[1])),
        ("scheduling", |b, a| (b.stolen, b.cold[2]) = (a.stolen, a.cold[2])),
        ("cold", |b, a| b.cold = a.cold),
        ("cdn", |b, a| b.miss = a.miss),
        ("residual", |b, a| b.hidden = a.hidden),
        ("transfer", |b, a| b.transfer = a.transfer),
    ];
    let world = |(name, change): Without| {
        let mut b = b.clone();
        change(&mut b, &a);
        World::new(&format!("S0 without {name}"), Kind::Null, &a, &b)
    };
    changes.into_iter().map(world).collect()
}

/// The causes that can be set alone; sizes 0, 1 and 2 are about 3, 15 and 60 ms where the cause can be as large.
pub const CAUSES: [&str; 17] = [
    "definition",
    "timing",
    "dns",
    "fallback",
    "distance",
    "redirect",
    "reuse",
    "tls_version",
    "queueing",
    "loss",
    "cpu",
    "scheduling",
    "cold",
    "cdn",
    "server",
    "transfer",
    "residual",
];

/// Adds a cause to a world.
fn add(world: &mut World, cause: &str, size: usize) {
    let ms = [3.0, 15.0, 60.0][size];
    let (a, b) = (&mut world.a, &mut world.b);
    match cause {
        "definition" => b.definition += ms,
        "timing" => {
            b.skew = [0.3, 0.6, 0.9][size];
            world.daily = true;
        }
        "dns" => b.dns += ms,
        "fallback" => b.fallback = [0.012, 0.06, 0.24][size],
        "distance" => b.trips.iter_mut().for_each(|trip| *trip += ms / 4.0),
        "redirect" => b.redirected = [0.1, 0.5, 1.0][size],
        "reuse" => a.reused = [0.15, 0.5, 0.9][size],
        "tls_version" => {
            b.tls12 = true;
            [a, b].into_iter().for_each(|side| side.trips = vec![ms]);
        }
        "queueing" => b.queue += ms / 4.0,
        "loss" => b.lost = ms / 1_000.0,
        "cpu" => b.cpu += ms,
        "scheduling" => b.stolen += ms,
        "cold" => {
            b.life = 8;
            b.cold = [0.1, 0.4, 0.5].map(|part| 8.0 * ms * part);
        }
        "cdn" => b.miss += [0.07, 0.33, 0.85][size],
        "server" => b.server += ms,
        "transfer" => b.transfer += ms,
        "residual" => b.hidden += ms,
        _ => {}
    }
}

/// Nothing differs but what is added.
fn plain(name: &str, kind: Kind) -> World {
    let side = Side { server: 45.0, ..Side::default() };
    World::new(name, kind, &side, &Side { name: "b", ..side.clone() })
}

/// One cause at a time.
pub fn single(cause: &str, size: usize) -> World {
    let mut world = plain(&format!("{cause}, {}", ["small", "middling", "large"][size]), Kind::Single);
    add(&mut world, cause, size);
    world
}

/// Fifteen pairs of causes that one might take for each other.
pub fn pairs() -> Vec<World> {
    const PAIRS: [(&str, &str); 15] = [
        ("distance", "queueing"),
        ("distance", "tls_version"),
        ("distance", "redirect"),
        ("dns", "cold"),
        ("reuse", "tls_version"),
        ("reuse", "dns"),
        ("cpu", "scheduling"),
        ("scheduling", "cold"),
        ("cdn", "server"),
        ("cdn", "residual"),
        ("server", "residual"),
        ("loss", "queueing"),
        ("loss", "fallback"),
        ("timing", "server"),
        ("transfer", "scheduling"),
    ];
    let world = |(first, second): (&str, &str)| {
        let mut world = plain(&format!("{first} and {second}"), Kind::Pair);
        // What sets round trips for both sides comes first.
        let order = if second == "tls_version" { [second, first] } else { [first, second] };
        order.into_iter().for_each(|cause| add(&mut world, cause, 1));
        world
    };
    PAIRS.into_iter().map(world).collect()
}

/// One function, whose sandboxes follow each other and outlive a block of time: twelve causes at once, and what differs
/// between sandboxes alone.
pub fn successions() -> Vec<World> {
    let (a, b) = twelve();
    let one = |life, b: &Side| Side { life, trips: vec![24.0], ..b.clone() };
    let worker = Side { name: "b", cpu: 9.0, stolen: 15.0, ..Side::default() };
    let world = |name: &str, slots, a: &Side, b: Side| World { slots, ..World::new(name, Kind::Succession, a, &b) };
    vec![
        world("S0 in one place, sandboxes of 24 slots", 360, &a, one(24, &b)),
        world("S0 in one place, sandboxes of 60 slots", 360, &a, one(60, &b)),
        world("S0 in one place, sandboxes of 60 slots, a day", 1_440, &a, one(60, &b)),
        world("S0 in one place, sandboxes of 24 slots, 120 requests", 120, &a, one(24, &b)),
        world("work, sandboxes of 24 slots, 120 requests", 120, &Side::default(), one(24, &worker)),
        world("work, sandboxes of 24 slots", 360, &Side::default(), one(24, &worker)),
        world("work, sandboxes of 60 slots", 360, &Side::default(), one(60, &worker)),
        world("work, sandboxes of 60 slots, a day", 1_440, &Side::default(), one(60, &worker)),
    ]
}

/// Every world but [`successions`].
pub fn all() -> Vec<World> {
    let singles = CAUSES.iter().flat_map(|cause| (0..3).map(move |size| single(cause, size)));
    named().into_iter().chain(without_one()).chain(singles).chain(pairs()).collect()
}
