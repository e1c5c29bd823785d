#pragma once

namespace kontena::cli {

/// Whether the terminal of the standard input shows what is typed. While it does not, a signal
/// that ends the program shows it again first. For one thread.
void show_typing(bool on);

} // namespace kontena::cli
