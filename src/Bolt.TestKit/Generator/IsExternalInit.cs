namespace System.Runtime.CompilerServices;

/// <summary>netstandard2.0 has none, and records ask for it.</summary>
internal static class IsExternalInit;
