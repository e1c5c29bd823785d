#include "cli/outside/typing.hpp"

#include <array>
#include <csignal>
#include <termios.h>
#include <unistd.h>

namespace kontena::cli {
namespace {

constexpr std::array<int, 4> kEnding{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// Signal handlers reach nothing but globals.
termios shown{};
std::array<struct sigaction, kEnding.size()> before{};
bool hidden = false;

void restore_and_end(int signal) {
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    std::signal(signal, SIG_DFL);
    raise(signal);
}

void hide() {
    if (hidden || tcgetattr(STDIN_FILENO, &shown) != 0) return;
    struct sigaction action{};
    action.sa_handler = restore_and_end;
    for (std::size_t i = 0; i < kEnding.size(); ++i) {
        sigaction(kEnding[i], nullptr, &before[i]);
        if (before[i].sa_handler != SIG_IGN) sigaction(kEnding[i], &action, nullptr);
    }
    auto settings = shown;
    settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &settings);
    hidden = true;
}

void show() {
    if (!hidden) return;
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    for (std::size_t i = 0; i < kEnding.size(); ++i) sigaction(kEnding[i], &before[i], nullptr);
    hidden = false;
}

} // namespace

void show_typing(bool on) {
    if (on)
        show();
    else
        hide();
}

} // namespace kontena::cli
