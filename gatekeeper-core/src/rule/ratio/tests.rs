use super::*;

fn near(a: Option<f64>, b: f64) -> bool {
    a.is_some_and(|a| (a - b).abs() < 1e-9)
}

#[test]
fn samples_that_follow_each_other_are_told_with_their_correlation() {
    // By the textbook: the sum of neighbours' products over the sum of squares, both about the mean.
    let ramp: Vec<f64> = (1..=20_u32).map(f64::from).collect();
    assert!(near(following(&ramp), 0.85), "{:?}", following(&ramp));
    let moved: Vec<f64> = ramp.iter().map(|v| 1_000.0 + v * 3.0).collect();
    assert!(near(following(&moved), 0.85), "neither place nor scale matters: {:?}", following(&moved));
    // As much as ten samples can be alike, and nine cannot be enough alike.
    let wave =
        |n: u32| (1..=n).map(|k| (f64::from(k) * std::f64::consts::TAU / f64::from(n + 1)).sin()).collect::<Vec<_>>();
    assert!(near(following(&wave(10)), (std::f64::consts::TAU / 11.0).cos()), "{:?}", following(&wave(10)));
    assert_eq!(following(&wave(9)), None);
    // Chance, going to and fro, always the same, nothing at all.
    let noise: Vec<f64> = (0..40_u32).map(|i| f64::from(i * 7 % 11)).collect();
    let turns: Vec<f64> = (0..40_u32).map(|i| f64::from(i % 2)).collect();
    for none in [&noise[..], &turns, &[3.0; 40], &[1.2e-7; 12], &[1.0], &[]] {
        assert_eq!(following(none), None, "{none:?}");
    }
}

#[test]
fn what_would_be_enough_is_told() {
    let of = |ratio, low, high, counts, limit| enough(&Comparison { ratio, low, high, p: 0.5 }, counts, limit, 0.05);
    // Half the interval is 15.47 % wide, and the limit lies a third of that away: nine times as many and a bit.
    let words = "these show differences of +15.47 % at best, and about";
    assert_eq!(of(1.05, 0.9, 1.2, (20, 30), 1.1), format!("{words} 192 samples on each side would decide"));
    assert_eq!(of(1.05, 0.9, 1.2, (30, 20), 1.1), format!("{words} 192 samples on each side would decide"));
    assert_eq!(of(1.05, 0.9, 1.2, (4, 4), 1.1), format!("{words} 39 samples on each side would decide"));
    // More than there are, even where the figures say that these are enough.
    let sure = of(1.3, 1.25, 1.35, (20, 20), 1.1);
    assert_eq!(sure, "these show differences of +3.92 % at best, and about 21 samples on each side would decide");
    let few = "at least 4 samples on each side are needed to tell anything";
    assert_eq!(of(1.05, 0.9, 1.2, (3, 30), 1.1), few);
    assert_eq!(of(1.05, 0.9, f64::INFINITY, (20, 20), 1.1), few);
    assert_eq!(of(1.05, 0.0, 1.2, (20, 20), 1.1), few);
    let at = "these show differences of +15.47 % at best, and it lies at the limit itself";
    assert_eq!(of(1.1, 0.9, 1.2, (20, 20), 1.1), at);
    assert_eq!(of(1.05, 0.9, 1.2, (20, 20), 1.050_000_1), at);
    // A million on each side is the most that anybody is told to take.
    let reach = (1.2_f64 / 0.9).ln() / 2.0;
    let limit_for = |samples: f64| (1.05_f64.ln() + reach / (samples / 20.0).sqrt()).exp();
    assert_eq!(
        of(1.05, 0.9, 1.2, (20, 20), limit_for(999_999.5)),
        format!("{words} 1000000 samples on each side would decide")
    );
    assert_eq!(of(1.05, 0.9, 1.2, (20, 20), limit_for(1_000_000.5)), at);
}
