//! Places for what holds memory while it lasts: a bounded number, and of these a bounded share for
//! each key.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer::ApiError;

/// How long one waits for a place that others are about to leave.
const PATIENCE: Duration = Duration::from_secs(2);
/// What those are told who got none.
const RETRY_AFTER: u64 = 5;

type Taken<K> = Arc<Mutex<HashMap<K, usize>>>;

/// All places of one kind.
#[derive(Debug)]
pub struct Places<K> {
    free: Arc<Semaphore>,
    share: usize,
    taken: Taken<K>,
}

/// A place, free again when dropped.
#[derive(Debug)]
pub struct Place<K: Eq + Hash> {
    key: K,
    taken: Taken<K>,
    permit: Option<OwnedSemaphorePermit>,
}

impl<K: Clone + Eq + Hash> Places<K> {
    /// `all` places, of which each key has at most `share`.
    pub fn new(all: usize, share: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS))),
            share,
            taken: Taken::default(),
        }
    }

    /// A place of the share of `key` alone, at once; none when all are taken.
    pub fn share(&self, key: &K) -> Option<Place<K>> {
        let mut taken = lock(&self.taken);
        let of_key = taken.entry(key.clone()).or_default();
        if *of_key >= self.share {
            return None;
        }
        *of_key += 1;
        Some(Place {
            key: key.clone(),
            taken: self.taken.clone(),
            permit: None,
        })
    }

    /// A place, perhaps after a short wait.
    pub async fn take(&self, key: &K) -> Result<Place<K>, ApiError> {
        let full = ApiError::TooMany {
            retry_after: RETRY_AFTER,
        };
        let Some(mut place) = self.share(key) else {
            return Err(full);
        };
        let free = tokio::time::timeout(PATIENCE, self.free.clone().acquire_owned());
        let Ok(Ok(permit)) = free.await else {
            return Err(full);
        };
        place.permit = Some(permit);
        Ok(place)
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(of_key) = taken.get_mut(&self.key) {
            *of_key -= 1;
            if *of_key == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

fn lock<K>(taken: &Mutex<HashMap<K, usize>>) -> MutexGuard<'_, HashMap<K, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn places_are_bounded_and_shared() {
        let places = Places::new(3, 2);
        let first = places.take(&"a").await.expect("a place");
        let second = places.take(&"a").await.expect("a place");
        assert!(places.take(&"a").await.is_err(), "its share is taken");
        let third = places.take(&"b").await.expect("a place");
        assert!(places.take(&"c").await.is_err(), "all are taken");
        drop((first, third));
        let _fourth = places.take(&"c").await.expect("a place is free again");
        drop(second);
        assert_eq!(lock(&places.taken).len(), 1, "who left is forgotten");
    }
}
