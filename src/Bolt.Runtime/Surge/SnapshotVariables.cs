using System.Collections.Immutable;
using System.Text.Json;
using Bolt.Boltfiles;
using Bolt.Diagnostics;

namespace Bolt.Surge;

/// <summary>
/// Values that a Boltfile takes from the environment stay variables in a snapshot: whoever opens it has his own. Values that are
/// written out, in the file or in code, are in it as they are.
/// </summary>
internal static class SnapshotVariables
{
    /// <summary>Takes the values out of a stack.</summary>
    /// <param name="running">The stack as it runs.</param>
    /// <param name="variables">The environment that its Boltfile was read with.</param>
    /// <exception cref="BoltException">BOLT6064: some stand elsewhere, or the file cannot be read again.</exception>
    public static (Boltfile Wanted, ImmutableArray<SnapshotVariable> Taken) TakeOut(Boltfile running, Func<string, string?> variables)
    {
        if (BoltfileReader.ReadFile(running.Path, variables).Value is not { } real
            || BoltfileReader.ReadFile(running.Path, name => name == "HOME" || variables(name) is not { Length: > 0 } ? variables(name) : $"${{{name}}}").Value is not { } written)
        {
            return File.Exists(running.Path) ? throw new BoltException(SurgeErrors.SnapshotSecret(running.Path)) : (running, []);
        }
        if (Rest(real) != Rest(written))
        {
            throw new BoltException(SurgeErrors.SnapshotSecret(running.Path));
        }
        var taken = ImmutableArray.CreateBuilder<SnapshotVariable>();
        var services = running.Services.Select(service =>
        {
            if (real.Services.FirstOrDefault(s => s.Name == service.Name) is not { } was || written.Services.FirstOrDefault(s => s.Name == service.Name) is not { } text) return service;
            bool Take(string key, string? now, string? read, string? asWritten)
            {
                // What code has set since the file was read is code's.
                if (now is null || now != read || asWritten is null || asWritten == read) return false;
                taken.Add(new SnapshotVariable(service.Name, key, asWritten));
                return true;
            }
            var env = service.Env.ToImmutableSortedDictionary(e => e.Key, e => Take("env." + e.Key, e.Value, was.Env.GetValueOrDefault(e.Key), text.Env.GetValueOrDefault(e.Key)) ? "" : e.Value);
            var auth = service.Auth is not { } a ? null : new AuthTable(
                Take("auth.user", a.User, was.Auth?.User, text.Auth?.User) ? "" : a.User,
                Take("auth.password", a.Password, was.Auth?.Password, text.Auth?.Password) ? "" : a.Password);
            return service with { Env = env, Auth = auth };
        }).ToImmutableArray();
        return (running with { Services = services }, taken.ToImmutable());
    }

    // All but what stays a variable.
    private static string Rest(Boltfile file) => JsonSerializer.Serialize(
        file with { Services = [.. file.Services.Select(s => s with { Env = s.Env.Clear(), Auth = null })] }, SnapshotJson.Default.Boltfile);

    /// <summary>Fills them in from another environment.</summary>
    /// <exception cref="BoltException">BOLT6063: it lacks one.</exception>
    public static Boltfile FillIn(SnapshotRecord snapshot, Func<string, string?> variables)
    {
        var wanted = snapshot.Wanted;
        foreach (var variable in snapshot.Variables)
        {
            var missing = new List<Diagnostic>();
            var value = Interpolation.Expand(variable.Text, new SourceSpan(SnapshotRecord.Name, 1, 1, 1, variable.Text), variables, missing);
            if (missing.Count > 0) throw new BoltException(SurgeErrors.VariableMissing(variable.Service, variable.Key, variable.Text));
            if (wanted.Services.FirstOrDefault(s => s.Name == variable.Service) is not { } service) continue;
            wanted = wanted with
            {
                Services = wanted.Services.Replace(service, variable.Key switch
                {
                    "auth.user" => service with { Auth = service.Auth! with { User = value } },
                    "auth.password" => service with { Auth = service.Auth! with { Password = value } },
                    _ => service with { Env = service.Env.SetItem(variable.Key["env.".Length..], value) },
                }),
            };
        }
        return wanted;
    }
}
