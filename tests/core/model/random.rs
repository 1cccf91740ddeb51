//! Random orders of scenarios too large to try every order of. The seed is printed and can be
//! given: `MODEL_SEED=… MODEL_RUNS=… cargo test --test core random`.

use miniprogram_login::error::Stage;

use super::run::{Act, CALM, Heard, Run, Scenario, Stored, Way};
use super::{LONGEST, fail};

const LARGE: Scenario = Scenario {
    name: "a busy app",
    actors: &[
        &[
            Act::Request,
            Act::Request,
            Act::Foreign,
            Act::Request,
            Act::Pass(2_000),
            Act::Request,
            Act::Request,
        ],
        &[
            Act::Ensure,
            Act::Phone,
            Act::Tap,
            Act::Request,
            Act::Tap,
            Act::Phone,
        ],
        &[Act::Abort(0), Act::Abort(3), Act::Abort(5)],
        &[Act::Hide, Act::Show, Act::Hide, Act::Online, Act::Show],
        &[Act::Logout, Act::Logout],
        &[Act::Elsewhere],
        &[Act::LoginWith, Act::SetToken, Act::LoginWith],
        &[Act::Jump(100_000), Act::Jump(-300_000), Act::Pass(95_000)],
    ],
    check: &[Way::Ok, Way::Fail, Way::Rejected],
    login: &[Way::Ok, Way::Fail, Way::Interrupted],
    exchange: &[Way::Ok, Way::Fail, Way::Rejected],
    reply: &[
        Way::Status(200),
        Way::Status(401),
        Way::Status(500),
        Way::Fail,
    ],
    post: &[
        Way::Status(200),
        Way::Status(401),
        Way::Status(409),
        Way::Fail,
    ],
    read: &[Way::Ok, Way::Fail],
    write: &[Way::Ok, Way::Fail],
    life: Some(100),
    // Thirteen calls that may log in, each at first and once more after a 401, each time with a
    // second code at most, and the two new attempts on show.
    max_logins: 54,
    ..CALM
};

#[test]
fn model_random_orders_of_a_busy_app() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let clock = || {
        std::time::UNIX_EPOCH
            .elapsed()
            .map_or(1, |since| since.as_nanos() as u64)
    };
    let seed = number("MODEL_SEED").unwrap_or_else(clock);
    let runs = number("MODEL_RUNS").unwrap_or(50_000);
    println!("MODEL_SEED={seed} MODEL_RUNS={runs}");
    for n in 0..runs {
        run(seed.wrapping_add(n));
    }
}

/// One schedule; `seed` decides all of it, so that a failure is run again by
/// `MODEL_SEED=… MODEL_RUNS=1`.
fn run(seed: u64) {
    let mut dice = Dice(seed);
    let stored = dice.one_of(&[
        Stored::Nothing,
        Stored::Fresh,
        Stored::Ageing,
        Stored::Expired,
    ]);
    let heard = dice.one_of(&[
        Heard::Login,
        Heard::Logout,
        Heard::Expired,
        Heard::Error,
        Heard::Log(Stage::Exchange),
        Heard::Log(Stage::Phone),
    ]);
    let act = dice.one_of(&[
        Act::Logout,
        Act::Request,
        Act::Ensure,
        Act::Phone,
        Act::Tap,
        Act::Abort(1),
        Act::LoginWith,
        Act::SetToken,
        Act::Dispose,
    ]);
    let scenario = Scenario {
        stored,
        listener: dice.one_of(&[None, Some((heard, act))]),
        at_once: dice.below(4) == 0,
        hooks: dice.below(4) == 0,
        deadlines: dice.below(4) > 0,
        faults: dice.below(12),
        ..LARGE
    };
    let mut run = Run::new(&scenario);
    let mut path = Vec::new();
    while run.choices() > 0 {
        assert!(
            path.len() < LONGEST,
            "it goes on for ever (MODEL_SEED={seed} MODEL_RUNS=1)"
        );
        let choice = dice.below(run.choices());
        path.push(choice);
        if let Err(broken) = run.take(choice) {
            fail(
                &scenario,
                path.into_iter(),
                &format!("{broken} (MODEL_SEED={seed} MODEL_RUNS=1)"),
            );
        }
    }
    if let Err(broken) = run.end() {
        fail(
            &scenario,
            path.into_iter(),
            &format!("{broken} (MODEL_SEED={seed} MODEL_RUNS=1)"),
        );
    }
}

/// Numbers that look random: splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % end
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
