using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Bolt.Diagnostics;
using Bolt.Trust;

namespace Bolt;

/// <summary>An image and who stands for it.</summary>
/// <param name="Digest">What the name stands for in its registry now.</param>
/// <param name="Keys">Files of the keys that have signed it.</param>
public sealed record VerifiedImage(string Digest, ImmutableArray<string> Keys);

/// <summary>What trust.toml says.</summary>
/// <param name="File">Where it is or would be.</param>
/// <param name="Default">For what no rule names.</param>
/// <param name="Rules">In the file's order.</param>
public sealed record TrustSummary(string? File, TrustMode Default, ImmutableArray<TrustedRepository> Rules);

/// <summary>One rule.</summary>
/// <param name="Repository">"HOST/PATH", or with "/*" for all below.</param>
/// <param name="Mode">What is asked.</param>
/// <param name="Keys">Absolute paths of public keys.</param>
public sealed record TrustedRepository(string Repository, TrustMode Mode, ImmutableArray<string> Keys);

/// <summary>What was said of an image by keys that count.</summary>
/// <param name="Digest">What the name stands for in its registry now.</param>
/// <param name="Keys">Files of the keys.</param>
/// <param name="Statements">In-toto statements, as they were signed.</param>
public sealed record VerifiedStatements(string Digest, ImmutableArray<string> Keys, ImmutableArray<string> Statements);

public sealed partial class BoltRuntime
{
    /// <summary>Signs what an image's name stands for, in its registry, as cosign does.</summary>
    /// <param name="reference">An image of a registry.</param>
    /// <param name="keyFile">A private key: cosign.key or PKCS#8 in PEM.</param>
    /// <param name="password">Asked for when the key is sealed.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The signed digest.</returns>
    /// <exception cref="BoltException">BOLT24xx or BOLT251x.</exception>
    public async Task<string> SignImageAsync(string reference, string keyFile, Func<string> password, CancellationToken cancellation)
    {
        using var key = SigningKey.Read(keyFile, password);
        return (await Rooms.Tools.Trust.SignAsync(Named(reference), key, cancellation).ConfigureAwait(false)).ToString();
    }

    /// <summary>Checks who has signed what an image's name stands for in its registry.</summary>
    /// <param name="reference">An image of a registry.</param>
    /// <param name="keyFiles">Public keys, any of which is enough; none: those of the policy.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="BoltException">BOLT25xx: nobody of them.</exception>
    public async Task<VerifiedImage> VerifyImageAsync(string reference, IReadOnlyList<string> keyFiles, CancellationToken cancellation)
    {
        var (digest, good) = await Rooms.Tools.Trust.VerifyAsync(Named(reference), keyFiles, cancellation).ConfigureAwait(false);
        return new VerifiedImage(digest.ToString(), [.. good.Select(g => g.Key.Path).Distinct()]);
    }

    /// <summary>Says something of what an image's name stands for, signed, in its registry, as `cosign attest` does.</summary>
    /// <param name="reference">An image of a registry.</param>
    /// <param name="predicateFile">JSON: the predicate, or a whole in-toto statement whose predicate is taken.</param>
    /// <param name="type">A predicate type: a URI, or cosign's short name ("slsaprovenance1", "spdxjson"); null: the statement's own.</param>
    /// <param name="keyFile">A private key: cosign.key or PKCS#8 in PEM.</param>
    /// <param name="password">Asked for when the key is sealed.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The digest that it is said of.</returns>
    public async Task<string> AttestImageAsync(string reference, string predicateFile, string? type, string keyFile, Func<string> password, CancellationToken cancellation)
    {
        using var document = ReadPredicate(predicateFile);
        var whole = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("predicateType", out _) && document.RootElement.TryGetProperty("predicate", out _);
        type ??= whole ? document.RootElement.GetProperty("predicateType").ToString()
            : document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("spdxVersion", out _) ? Evidence.SpdxDocument.PredicateType
            : throw new BoltException(TrustErrors.BadPredicate(predicateFile, "it does not say what it is, and `--type` was not given"));
        using var key = SigningKey.Read(keyFile, password);
        var predicate = whole ? document.RootElement.GetProperty("predicate") : document.RootElement;
        return (await Rooms.Tools.Trust.AttestAsync(Named(reference), PredicateTypes.Of(type), predicate, key, cancellation).ConfigureAwait(false)).ToString();
    }

    /// <summary>What trusted keys have said of what an image's name stands for in its registry.</summary>
    /// <param name="reference">An image of a registry.</param>
    /// <param name="type">A predicate type: a URI, or cosign's short name.</param>
    /// <param name="keyFiles">Public keys, any of which is enough; none: those of the policy.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="BoltException">BOLT253x: nothing of that type by any of them.</exception>
    public async Task<VerifiedStatements> VerifyAttestationsAsync(string reference, string type, IReadOnlyList<string> keyFiles, CancellationToken cancellation)
    {
        var (digest, good) = await Rooms.Tools.Trust.VerifyAttestationsAsync(Named(reference), PredicateTypes.Of(type), keyFiles, cancellation).ConfigureAwait(false);
        return new VerifiedStatements(digest.ToString(), [.. good.Select(g => g.Key.Path).Distinct()], [.. good.Select(g => Encoding.UTF8.GetString(g.Said.Payload))]);
    }

    private static JsonDocument ReadPredicate(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new BoltException(TrustErrors.BadPredicate(path, e.Message), e);
        }
    }

    /// <summary>Makes a key pair: NAME.key, sealed with the password and readable by its owner alone, and NAME.pub.</summary>
    /// <exception cref="BoltException">BOLT2512: one of them is there.</exception>
    public static async Task CreateKeyPairAsync(string name, string password, CancellationToken cancellation)
    {
        var (secret, open) = (name + ".key", name + ".pub");
        if (new[] { secret, open }.FirstOrDefault(File.Exists) is { } there) throw new BoltException(TrustErrors.KeyExists(there));
        using var key = SigningKey.Create();
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using (var file = new StreamWriter(secret, options)) await file.WriteAsync(key.ToPem(password).AsMemory(), cancellation).ConfigureAwait(false);
        await File.WriteAllTextAsync(open, key.PublicPem, cancellation).ConfigureAwait(false);
    }

    /// <summary>The policy as it is.</summary>
    /// <exception cref="BoltException">It has a mistake.</exception>
    public TrustSummary ReadTrust()
    {
        var policy = TrustFile.Get(Options.TrustFile);
        return new TrustSummary(Options.TrustFile, policy.Default, [.. policy.Rules.Select(r => new TrustedRepository(r.Repository, r.Mode, r.Keys))]);
    }

    /// <summary>Writes a rule into the policy, in place of one for the same repository.</summary>
    /// <exception cref="BoltException">BOLT2510: a key is none; BOLT252x.</exception>
    public Task SetTrustRuleAsync(TrustedRepository wanted, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        if (!TrustFile.IsPattern(wanted.Repository)) throw new BoltException(TrustErrors.BadPattern(null, wanted.Repository));
        var rule = new TrustRule(wanted.Repository, wanted.Mode, [.. wanted.Keys.Select(k => PublicKey.Read(Path.GetFullPath(k)).Path)]);
        return EditTrustAsync(
            text => TrustFile.WithRule(text, rule, Path.GetDirectoryName(Options.TrustFile)!),
            p => p.Rules.Any(r => r.Repository == rule.Repository && r.Mode == rule.Mode && r.Keys.SequenceEqual(rule.Keys)), cancellation);
    }

    /// <summary>Takes a rule out of the policy.</summary>
    /// <exception cref="BoltException">BOLT2523: there is none.</exception>
    public Task RemoveTrustRuleAsync(string repository, CancellationToken cancellation) =>
        ReadTrust().Rules.Any(r => r.Repository == repository)
            ? EditTrustAsync(text => TrustFile.WithoutRule(text, repository), p => p.Rules.All(r => r.Repository != repository), cancellation)
            : throw new BoltException(TrustErrors.NoSuchRule(repository));

    /// <summary>What is asked of images that no rule names.</summary>
    public Task SetTrustDefaultAsync(TrustMode mode, CancellationToken cancellation) =>
        EditTrustAsync(text => TrustFile.WithDefault(text, mode), p => p.Default == mode, cancellation);

    private async Task EditTrustAsync(Func<string, string> edit, Func<TrustPolicy, bool> isRight, CancellationToken cancellation)
    {
        var path = Options.TrustFile ?? throw new BoltException(TrustErrors.NoPolicyFile());
        // A mistake that is there must be seen before anything is written over it.
        TrustFile.Get(path);
        var text = File.Exists(path) ? await File.ReadAllTextAsync(path, cancellation).ConfigureAwait(false) : "";
        await TrustFile.WriteAsync(path, edit(text), isRight, cancellation).ConfigureAwait(false);
    }
}
