#pragma once

#include "master/gitops/tree.hpp"

#include <git2.h>

#include <memory>
#include <string>
#include <string_view>

/// Owners of what libgit2 hands out, and its errors in words.
namespace kontena::master::git {

template <class T, void (*Free)(T*)>
struct Deleter {
    void operator()(T* object) const noexcept { Free(object); }
};
template <class T, void (*Free)(T*)>
using Handle = std::unique_ptr<T, Deleter<T, Free>>;

using RepositoryHandle = Handle<git_repository, git_repository_free>;
using RemoteHandle = Handle<git_remote, git_remote_free>;
using CommitHandle = Handle<git_commit, git_commit_free>;
using TreeHandle = Handle<git_tree, git_tree_free>;
using ObjectHandle = Handle<git_object, git_object_free>;
using EntryHandle = Handle<git_tree_entry, git_tree_entry_free>;
using BlobHandle = Handle<git_blob, git_blob_free>;

/// Makes the library ready, once in a process.
void start_libgit2();

/// The error of the last call on this thread, as Errc::unavailable.
core::Error last_error(std::string_view doing);

/// What Git calls a file of that content.
ObjectId blob_id(std::string_view text);

/// `name` is a commit, tag, branch or the like.
core::Result<CommitHandle> find_commit(git_repository* repository, std::string const& name);

} // namespace kontena::master::git
