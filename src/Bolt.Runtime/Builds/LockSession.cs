namespace Bolt.Builds;

/// <summary>The lock while images are prepared side by side: each reads its own pin and may set it.</summary>
internal sealed class LockSession
{
    private readonly BoltLock read;
    private BoltLock current;

    public LockSession(BoltLock read) => (this.read, current) = (read, read);

    /// <summary>The lock with all pins set so far.</summary>
    public BoltLock Current => Volatile.Read(ref current);

    /// <summary>A pin was set that the file does not have yet.</summary>
    public bool Changed => !ReferenceEquals(Current, read);

    public RecipePin? TryGet(string key) => Current.Pins.GetValueOrDefault(key);

    /// <summary>Digest that a registry's reference is pinned to.</summary>
    public Storage.Digest? TryGetImage(string reference) => Current.Images.TryGetValue(reference, out var digest) ? digest : null;

    public void Set(string key, RecipePin pin) => Change(before => before.With(key, pin));

    public void SetImage(string reference, Storage.Digest digest) => Change(before => before.With(reference, digest));

    private void Change(Func<BoltLock, BoltLock> change)
    {
        while (true)
        {
            var before = Current;
            if (Interlocked.CompareExchange(ref current, change(before), before) == before)
            {
                return;
            }
        }
    }
}
