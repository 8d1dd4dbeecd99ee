using System.Collections.Concurrent;
using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// The lock while images are prepared side by side: each reads its own pin and may set it. The file is read when the first
/// pin is asked for.
/// </summary>
internal sealed class LockSession
{
    public const string FileName = "bolt.lock";

    private readonly Shared shared;
    private readonly Func<string, bool> anew = _ => false;

    public LockSession(BoltLock read)
        : this(new Shared(() => read), "", "")
    {
    }

    private LockSession(Shared shared, string path, string mark) => (this.shared, Path, Mark) = (shared, path, mark);

    private LockSession(LockSession of, Func<string, bool> anew) => (shared, Path, Mark, Locked, this.anew) = (of.shared, of.Path, of.Mark, of.Locked, anew);

    /// <summary>Of a file that is there or not. Whoever asks for a pin of one that cannot be read hears why (BOLT2201).</summary>
    /// <param name="locked">Nothing may be added or changed.</param>
    public static LockSession Of(string path, bool locked = false)
    {
        var file = new FileInfo(path);
        var read = new Shared(() =>
        {
            var found = BoltLock.Read(path);
            return found.Ok ? found.Value! : throw new BoltException(found.Diagnostics[0]);
        });
        return new LockSession(read, path, file.Exists ? string.Create(CultureInfo.InvariantCulture, $"{file.LastWriteTimeUtc.Ticks} {file.Length}") : "") { Locked = locked };
    }

    public string Path { get; }

    /// <summary>Another one when the file was written anew; empty when there is none.</summary>
    public string Mark { get; }

    /// <summary>What is not pinned is an error, and so is what would change.</summary>
    public bool Locked { get; private init; }

    /// <summary>A project's own lock pins what its builds stand on; the user's own, for `run` and `build` elsewhere, recipes alone.</summary>
    public bool PinsBuilds => System.IO.Path.GetFileName(Path) == FileName;

    /// <summary>The lock with all pins set so far.</summary>
    public BoltLock Current => shared.Current;

    /// <summary>A pin was set that the file does not have yet.</summary>
    public bool Changed => shared.Changed;

    /// <summary>Names of the entries that were asked for.</summary>
    public IEnumerable<string> Used => shared.Used.Keys;

    /// <summary>What images and addresses stood for, pinned or not.</summary>
    public IReadOnlyDictionary<string, Digest> Taken => shared.Taken;

    /// <summary>Writes down what an image or an address stood for.</summary>
    public void Took(string name, Digest content) => shared.Taken[name] = content;

    /// <summary>Writes down that an entry was of use, without reading it.</summary>
    public void Note(string entry) => shared.Used.TryAdd(entry, true);

    /// <summary>The same lock, in which entries that <paramref name="wanted"/> names are as good as absent until they are set once.</summary>
    public LockSession Anew(Func<string, bool> wanted) => new(this, wanted);

    public bool IsAnew(string entry) => anew(entry) && !shared.Set.ContainsKey(entry);

    public RecipePin? TryGet(string key) => Use(key) ? Current.Pins.GetValueOrDefault(key) : null;

    /// <summary>Digest that a registry's reference is pinned to.</summary>
    public Digest? TryGetImage(string reference) => Use(reference) && Current.Images.TryGetValue(reference, out var digest) ? digest : null;

    /// <summary>Digest of what lay at an address.</summary>
    public Digest? TryGetSource(string address) => Use(address) && Current.Sources.TryGetValue(address, out var digest) ? digest : null;

    /// <summary>Before anything is resolved: with <see cref="Locked"/> that is an error.</summary>
    /// <exception cref="BoltException">BOLT2230, BOLT2231.</exception>
    public void Resolves(string entry)
    {
        if (Locked)
        {
            throw new BoltException(Refusal(entry));
        }
    }

    /// <summary>Why an entry that is to be resolved anew may not be.</summary>
    public Diagnostic Refusal(string entry) => Current.Entries.Contains(entry) ? LockErrors.Stale(Path, entry) : LockErrors.Missing(Path, entry);

    public void Set(string key, RecipePin pin) => Change(key, before => before.With(key, pin));

    public void SetImage(string reference, Digest digest) => Change(reference, before => before.With(reference, digest));

    public void SetSource(string address, Digest digest) => Change(address, before => before.WithSource(address, digest));

    /// <summary>Takes away an entry that nothing asks for any more.</summary>
    public void Remove(string entry) => Change(entry, before => before.Without(entry));

    private bool Use(string entry)
    {
        shared.Used.TryAdd(entry, true);
        return !IsAnew(entry);
    }

    private void Change(string entry, Func<BoltLock, BoltLock> change)
    {
        Resolves(entry);
        shared.Used.TryAdd(entry, true);
        shared.Set.TryAdd(entry, true);
        shared.Change(change);
    }

    private sealed class Shared(Func<BoltLock> reader)
    {
        private readonly Lazy<BoltLock> read = new(reader);
        private BoltLock? current;

        public ConcurrentDictionary<string, bool> Used { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, Digest> Taken { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, bool> Set { get; } = new(StringComparer.Ordinal);

        public BoltLock Current => Volatile.Read(ref current) ?? read.Value;

        public bool Changed => Volatile.Read(ref current) is not null;

        public void Change(Func<BoltLock, BoltLock> change)
        {
            while (true)
            {
                var before = Volatile.Read(ref current);
                if (Interlocked.CompareExchange(ref current, change(before ?? read.Value), before) == before)
                {
                    return;
                }
            }
        }
    }
}
