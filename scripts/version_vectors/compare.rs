// crates.io: the crate `semver`, without build metadata. The lines are as in compare.mjs. Argument: the crate's version.
use semver::Version;
use std::io::{stdin, BufRead};

fn main() {
    println!("crate semver {}", std::env::args().nth(1).unwrap());
    for line in stdin().lock().lines() {
        let line = line.unwrap();
        let (a, b) = line.split_once(' ').unwrap();
        match (Version::parse(a), Version::parse(b)) {
            (Ok(x), Ok(y)) => println!("{}", ["<", "=", ">"][(x.cmp_precedence(&y) as i8 + 1) as usize]),
            _ => println!("?"),
        }
    }
}
