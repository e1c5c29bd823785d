#pragma once

#include "master/store/state.hpp"

namespace kontena::master {

/// Writes into applied plans how they came out, as far as the deploys that the transaction ends or
/// forgets decide it. Called after all other changes.
void note_outcomes(Txn& txn);

} // namespace kontena::master
