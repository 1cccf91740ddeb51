//! Rotation of the secret that seals: what is sealed under an older one is sealed anew when it is
//! used and by the upkeep, and a secret that is still in use cannot be withdrawn.

use anyhow::ensure;

use crate::app::App;
use crate::store::{Renewed, Sealed, SealedRow, Session};

impl App {
    /// Counts for `/metrics` what is sealed under which kid. Fails when one of these is not known.
    pub async fn check_kids(&self) -> anyhow::Result<()> {
        let mut unknown = Vec::new();
        let mut counts = Vec::new();
        for what in Sealed::ALL {
            for (kid, rows) in self.store.count_sealed(what).await? {
                if !self.sealer.knows(&kid) {
                    unknown.push(format!("{rows} {} under kid {kid}", what.name()));
                }
                counts.push((what.name(), kid, rows));
            }
        }
        self.metrics.set_sealed(counts);
        ensure!(
            unknown.is_empty(),
            "SESSION_KEY_SECRET lacks a secret that is in use: {}. Set it once more, as `new,old`, \
             until /metrics counts no row of it; if it is lost, the README says how to go on",
            unknown.join(", ")
        );
        Ok(())
    }

    /// Seals anew what a request uses. Its failure is no failure of the request.
    pub(crate) async fn renew_seals(&self, session: &Session) {
        let user = &session.user;
        let phone = user
            .phone
            .iter()
            .map(|phone| (Sealed::Phone, &user.id, phone));
        let key = (Sealed::SessionKey, &session.sid, &session.session_key);
        for (what, id, sealed) in phone.chain([key]) {
            let row = SealedRow {
                id: id.clone(),
                sealed: sealed.clone(),
            };
            if let Some(new) = self.renewed(what, row)
                && let Err(error) = self.store.replace_sealed(what, &[new]).await
            {
                tracing::warn!(%error, what = what.name(), "cannot seal anew");
            }
        }
    }

    /// Seals anew whatever lies under an older secret.
    pub async fn renew_all_seals(&self) -> anyhow::Result<()> {
        for what in Sealed::ALL {
            for kid in self.sealer.older_kids() {
                let (mut renewed, mut lost, mut after) = (0, 0, String::new());
                loop {
                    let rows = self.store.sealed_under(what, kid, &after).await?;
                    let Some(last) = rows.last() else { break };
                    after.clone_from(&last.id);
                    let all = rows.len();
                    let new = rows.into_iter().filter_map(|row| self.renewed(what, row));
                    let new: Vec<_> = new.collect();
                    self.store.replace_sealed(what, &new).await?;
                    renewed += new.len();
                    lost += all - new.len();
                }
                if renewed > 0 {
                    tracing::info!(renewed, kid, what = what.name(), "sealed anew");
                }
                if lost > 0 {
                    tracing::warn!(
                        lost,
                        kid,
                        what = what.name(),
                        "what is sealed does not open"
                    );
                }
            }
        }
        self.index_phones().await
    }

    /// What comes in the place of a row; none if that is under the newest secret, or does not open.
    fn renewed(&self, what: Sealed, row: SealedRow) -> Option<Renewed> {
        let sealed = self.sealer.renew(&row.id, &row.sealed).ok()??;
        let index = match what {
            Sealed::Phone => self.index_of(&row),
            Sealed::SessionKey => None,
        };
        Some(Renewed { row, sealed, index })
    }

    fn index_of(&self, row: &SealedRow) -> Option<String> {
        let number = self.sealer.open(&row.id, &row.sealed).ok()?;
        self.sealer.index(&number)
    }

    /// Phone numbers that an older program stored become such that can be found.
    async fn index_phones(&self) -> anyhow::Result<()> {
        let mut after = String::new();
        loop {
            let rows = self.store.phones_without_index(&after).await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after.clone_from(&last.id);
            let indexed = rows.into_iter().filter_map(|row| {
                let index = Some(self.index_of(&row)?);
                let sealed = row.sealed.clone();
                Some(Renewed { row, sealed, index })
            });
            let indexed: Vec<_> = indexed.collect();
            self.store.replace_sealed(Sealed::Phone, &indexed).await?;
        }
    }
}
