#pragma once

#include "core/base/result.hpp"
#include "stackfile/variables/value.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile {

/// A question to whoever runs the command.
struct Question {
    enum class Kind {
        text,
        secret,  ///< text that is not shown while it is typed
        yes_no,  ///< the answer is a boolean
        choice,  ///< one of `choices`, or free text when `can_be_other`
        choices, ///< any number of `choices`; the answer is a list
    };

    struct Choice {
        Value value;
        std::string label;
    };

    Kind kind = Kind::text;
    std::string variable; ///< that the answer is for
    std::string text;     ///< to show
    std::vector<Choice> choices;
    bool can_be_other = false;
    Value preset; ///< taken when the answer is empty; a list for `choices`
};

/// A service of the grid, as `service_link` offers it.
struct OfferedService {
    std::string name; ///< `stack/service`
    std::string image;
};

/// A stack file that another one refers to.
struct Document {
    std::string text;
    std::string file;      ///< for messages
    std::string reference; ///< resolved: what leads to the same text from anywhere
    std::string directory; ///< what relative paths in it start from; empty = not on this machine
    std::string registry = "file://"; ///< of a file or URL, or the address of the registry
};

/// What a stack file may ask of the world. The reader calls it on the thread that it runs on, in a
/// fixed order, and each question once. Every answer is optional: this class is a world in which
/// there is nothing, and callers override what theirs has. Null means that there is no such thing,
/// an error that the question could not be answered; its message is shown at the place that asked.
class Outside {
public:
    virtual ~Outside() = default;

    virtual std::optional<std::string> env(std::string_view name);

    /// A file that the resolver `file` names, relative to where the command runs.
    virtual core::Result<std::string> file(std::string const& path);
    /// A file beside a stack file, such as an `env_file`.
    virtual core::Result<std::string> beside(Document const& document, std::string const& path);
    /// The stack file that `extends` or `depends` of `from` names: a path, URL or registry name.
    virtual core::Result<Document> load(Document const& from, std::string const& reference);

    virtual core::Result<Value> ask(Question const& question);
    /// Unpredictable bytes.
    virtual core::Result<std::string> random(std::size_t bytes);

    virtual core::Result<Value> secret(std::string const& name);
    virtual core::Result<std::vector<std::string>> secret_names();
    virtual core::Result<std::vector<std::string>> certificate_subjects();
    virtual core::Result<std::vector<OfferedService>> services();
    /// How many instances a service of an installed stack has.
    virtual core::Result<Value>
    service_instances(std::string const& stack, std::string const& service);
};

} // namespace kontena::stackfile
